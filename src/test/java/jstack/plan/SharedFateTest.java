package jstack.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import jstack.diag.Origin;
import jstack.linux.Namespace;
import jstack.program.Change;
import jstack.program.ChangeClass;
import jstack.program.Compiler;
import jstack.program.Program;
import jstack.program.ProgramCodec;
import jstack.program.ServiceFixture;
import jstack.state.ContainerId;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.RunState;
import org.junit.jupiter.api.Test;

/** Stacks of services that all have the same program; what is old was made from another one. */
class SharedFateTest {
  private static final Program WANTED = program(new ServiceFixture());
  private static final Program OLD = program(new ServiceFixture().hostname("old"));
  private static final List<Namespace> NETWORK = List.of(Namespace.NETWORK);

  private final Map<ContainerId, Program> programs = new LinkedHashMap<>();
  private final Map<String, List<String>> needs = new LinkedHashMap<>();
  private final Map<String, Map<String, List<Namespace>>> shares = new LinkedHashMap<>();
  private final List<ObservedContainer> world = new ArrayList<>();
  private final Map<String, List<Change>> changes = new LinkedHashMap<>();

  private static Program program(ServiceFixture service) {
    return Compiler.compile(service.build(), ServiceFixture.target(ServiceFixture.HYBRID));
  }

  private static ContainerId id(String service) {
    return ContainerId.of("demo", service, 1);
  }

  private SharedFateTest service(
      String name, RunState state, Program made, Map<String, List<Namespace>> owners) {
    programs.put(id(name), WANTED);
    needs.put(name, List.copyOf(owners.keySet()));
    shares.put(name, owners);
    byte[] bytes = ProgramCodec.encode(made);
    world.add(new ObservedContainer(id(name), state, bytes, Optional.empty(), 0));
    return this;
  }

  private Plan plan(PlanOptions options) {
    Desired desired =
        new Desired(
            "demo",
            programs,
            needs,
            shares,
            new Desired.Connections(changes, List.of(), List.of(), true));
    return Planner.plan(desired, new Observed("demo", world), options);
  }

  /** One line for each change. */
  private String planned(PlanOptions options) {
    StringBuilder out = new StringBuilder();
    for (Action action : plan(options).changes()) {
      List<String> causes = action.causes().stream().map(Cause::text).toList();
      out.append(action.getClass().getSimpleName()).append(' ').append(action.id().service());
      out.append(": ").append(String.join("; ", causes)).append('\n');
    }
    return out.toString();
  }

  private String planned() {
    return planned(PlanOptions.DEFAULT);
  }

  @Test
  void nobodyIsMadeAnewWhileTheOwnerStays() {
    service("a", RunState.RUNNING, WANTED, Map.of());
    service("b", RunState.RUNNING, WANTED, Map.of("a", NETWORK));
    assertThat(plan(PlanOptions.DEFAULT).isEmpty()).isTrue();
  }

  @Test
  void anOwnerThatIsMadeAnewTakesItsSharersAlong() {
    service("a", RunState.RUNNING, OLD, Map.of());
    service("b", RunState.RUNNING, WANTED, Map.of("a", List.of(Namespace.IPC, Namespace.NETWORK)));
    service("apart", RunState.RUNNING, WANTED, Map.of());
    assertThat(planned())
        .isEqualTo(
            """
            Recreate a: hostname: old -> web; environment.HOSTNAME: old -> web
            Recreate b: shares ipc, network with a, which is made anew
            """);
  }

  @Test
  void anOwnerThatOnlyStartsHasNewNamespacesToo() {
    service("a", RunState.EXITED, WANTED, Map.of());
    service("b", RunState.RUNNING, WANTED, Map.of("a", NETWORK));
    assertThat(planned())
        .isEqualTo(
            """
            Start a: it ended with exit code 0
            Recreate b: shares network with a, which is made anew
            """);
  }

  @Test
  void aChainGoesToItsEndInWhateverOrderTheFileHasIt() {
    service("c", RunState.RUNNING, WANTED, Map.of("b", NETWORK));
    service("b", RunState.RUNNING, WANTED, Map.of("a", NETWORK));
    service("a", RunState.RUNNING, OLD, Map.of());
    assertThat(planned())
        .isEqualTo(
            """
            Recreate c: shares network with b, which is made anew
            Recreate b: shares network with a, which is made anew
            Recreate a: hostname: old -> web; environment.HOSTNAME: old -> web
            """);
  }

  @Test
  void everyOwnerThatIsMadeAnewIsACause() {
    service("a", RunState.RUNNING, OLD, Map.of());
    service("b", RunState.LOST, WANTED, Map.of());
    Map<String, List<Namespace>> owners = new LinkedHashMap<>();
    owners.put("a", NETWORK);
    owners.put("b", List.of(Namespace.PID));
    service("c", RunState.RUNNING, WANTED, owners);
    assertThat(planned())
        .contains(
            "Recreate c: shares network with a, which is made anew;"
                + " shares pid with b, which is made anew\n");
  }

  @Test
  void aNamedNamespaceIsCalledByItsName() {
    service("@clock", RunState.LOST, WANTED, Map.of());
    service("b", RunState.RUNNING, WANTED, Map.of("@clock", List.of(Namespace.TIME)));
    assertThat(planned())
        .contains("Recreate b: shares time with the named namespace clock, which is made anew\n");
  }

  @Test
  void aSharerThatChangesAnywayKeepsItsOwnCauses() {
    service("a", RunState.RUNNING, OLD, Map.of());
    service("b", RunState.RUNNING, OLD, Map.of("a", NETWORK));
    assertThat(planned())
        .endsWith("Recreate b: hostname: old -> web; environment.HOSTNAME: old -> web\n");
  }

  @Test
  void aStoppedSharerThatNobodyAsksForIsNotStarted() {
    service("a", RunState.RUNNING, OLD, Map.of());
    service("b", RunState.EXITED, WANTED, Map.of("a", NETWORK));
    PlanOptions onlyA = new PlanOptions(Set.of("a"), true, false, false, false);
    assertThat(planned(onlyA)).startsWith("Recreate a: ").doesNotContain(" b: ");
  }

  @Test
  void aRunningSharerThatNobodyAsksForGoesAlongAllTheSame() {
    service("a", RunState.RUNNING, OLD, Map.of());
    service("b", RunState.RUNNING, WANTED, Map.of("a", NETWORK));
    PlanOptions onlyA = new PlanOptions(Set.of("a"), true, false, false, false);
    assertThat(planned(onlyA)).contains("Recreate b: shares network with a");
  }

  @Test
  void aSharerGoesAlongWithAnOwnerThatIsConnectedDifferently() {
    service("a", RunState.RUNNING, WANTED, Map.of());
    service("b", RunState.RUNNING, WANTED, Map.of("a", NETWORK));
    changes.put(
        "a-1",
        List.of(
            new Change(Origin.NONE, "networks.back", "eth0 x", "eth0 y", ChangeClass.RECREATE)));
    assertThat(planned())
        .isEqualTo(
            """
            Recreate a: networks.back: eth0 x -> eth0 y
            Recreate b: shares network with a, which is made anew
            """);
  }
}
