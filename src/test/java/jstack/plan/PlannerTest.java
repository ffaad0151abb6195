package jstack.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import jstack.diag.Origin;
import jstack.manifest.HostPath;
import jstack.program.Change;
import jstack.program.ChangeClass;
import jstack.program.Compiler;
import jstack.program.Instruction;
import jstack.program.LimitWrite;
import jstack.program.Phase;
import jstack.program.Program;
import jstack.program.ProgramCodec;
import jstack.program.ServiceFixture;
import jstack.program.Step;
import jstack.program.SupervisorInstruction;
import jstack.state.ContainerId;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.RunState;
import jstack.state.SeenLimits;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class PlannerTest {
  private static final ContainerId WEB = ContainerId.of("demo", "web", 1);

  private static Program program(ServiceFixture service) {
    return Compiler.compile(service.build(), ServiceFixture.target(ServiceFixture.HYBRID));
  }

  private static Desired desired(Program program) {
    return new Desired(
        "demo", Map.of(WEB, program), Map.of("web", List.of()), Map.of(), Desired.Connections.SAME);
  }

  private static Observed observed(RunState state, Program program) {
    return new Observed(
        "demo",
        List.of(
            new ObservedContainer(WEB, state, ProgramCodec.encode(program), Optional.empty(), 0)));
  }

  private static Action only(Plan plan) {
    assertThat(plan.actions()).hasSize(1);
    return plan.actions().get(0);
  }

  @Test
  void whatIsNotThereIsCreated() {
    Plan plan =
        Planner.plan(
            desired(program(new ServiceFixture())),
            new Observed("demo", List.of()),
            PlanOptions.DEFAULT);
    assertThat(only(plan)).isInstanceOf(Action.Create.class);
  }

  @Test
  void whatRunsAsItShouldIsKeptThoughItsLinesMoved() {
    Observed now = observed(RunState.RUNNING, program(new ServiceFixture().atLine(40)));
    Plan plan = Planner.plan(desired(program(new ServiceFixture())), now, PlanOptions.DEFAULT);
    assertThat(plan.isEmpty()).isTrue();
  }

  @Test
  void aChangeIsNamedWithItsKeyBothValuesAndItsLine() {
    Observed now = observed(RunState.RUNNING, program(new ServiceFixture()));
    Program wanted =
        program(
            new ServiceFixture()
                .command("/bin/other")
                .hostname("db")
                .environment("A", "1")
                .bind("/srv/a", "/data", true));
    Action action = only(Planner.plan(desired(wanted), now, PlanOptions.DEFAULT));
    assertThat(action).isInstanceOf(Action.Recreate.class);
    assertThat(action.causes().stream().map(Cause::toString))
        .containsExactlyInAnyOrder(
            "mounts[/data] added: /srv/a:ro (jstack.yaml:20:9)",
            "hostname: web -> db (jstack.yaml:4:5)",
            "environment.HOSTNAME: web -> db (jstack.yaml:5:5)",
            "environment.A added: 1 (jstack.yaml:5:5)",
            "command: [/bin/httpd, -f] -> [/bin/other] (jstack.yaml:3:5)");
  }

  @Test
  void aChangedLimitIsWrittenWhileTheContainerRuns() {
    Observed now = observed(RunState.RUNNING, program(new ServiceFixture()));
    Program wanted = program(new ServiceFixture().limits());
    Plan plan = Planner.plan(desired(wanted), now, PlanOptions.DEFAULT);
    assertThat(only(plan)).isInstanceOf(Action.Adjust.class);
    assertThat(only(plan).causes().stream().map(Cause::text))
        .contains("memory.max unlimited -> 100m", "pids.max 1024 -> 64");
    assertThat(((Action.Adjust) only(plan)).writes().stream().map(LimitWrite::text))
        .contains("104857600", "64");
    assertThat(plan.waves()).allMatch(List::isEmpty);
    assertThat(plan.isEmpty()).isFalse();
  }

  @Test
  void aLimitBesideAnotherChangeIsNamedButTheContainerIsMadeAnew() {
    Observed now = observed(RunState.RUNNING, program(new ServiceFixture().limits()));
    Program wanted = program(new ServiceFixture().hostname("db"));
    Action action = only(Planner.plan(desired(wanted), now, PlanOptions.DEFAULT));
    assertThat(action).isInstanceOf(Action.Recreate.class);
    assertThat(action.causes().stream().map(Cause::text))
        .contains("hostname: web -> db", "memory.max 100m -> unlimited", "pids.max 64 -> 1024");
  }

  @Test
  void aLimitThatWasWrittenFromOutsideIsDrift() {
    Program program = program(new ServiceFixture());
    HostPath pids = new HostPath("/sys/fs/cgroup/pids/jstack/demo/web-1/pids.max");
    HostPath memory = new HostPath("/sys/fs/cgroup/memory/jstack/demo/web-1/memory.limit_in_bytes");
    SeenLimits seen =
        new SeenLimits(
            Map.of(pids, "10", memory, "1048576"),
            Map.of(WEB, List.of(new LimitWrite.Place(memory, ""))));
    Observed now = observed(RunState.RUNNING, program);
    Observed drifted = new Observed("demo", now.containers(), seen);
    Action action = only(Planner.plan(desired(program), drifted, PlanOptions.DEFAULT));
    assertThat(action.causes().stream().map(Cause::text))
        .containsExactly("pids.max 10 -> 1024, drifted", "memory.max 1m -> unlimited, drifted");
  }

  private static Program with(Program program, Instruction... settings) {
    List<Step> steps = new ArrayList<>();
    for (Instruction setting : settings) {
      Origin origin = new Origin("jstack.yaml", 9, 5, 4, "services.web." + setting.op());
      steps.add(new Step(Phase.SUPERVISE, origin, setting));
    }
    steps.addAll(program.steps());
    return new Program(steps);
  }

  @Test
  void whatTheSupervisorAloneDoesIsHandedOverToIt() {
    Program old = program(new ServiceFixture());
    Program wanted =
        with(
            old,
            new SupervisorInstruction.Restart(1, 3, 0, 0),
            new SupervisorInstruction.Health(2000, 500, 3, 0, 5000, 1));
    for (RunState state : List.of(RunState.RUNNING, RunState.PAUSED, RunState.RESTARTING)) {
      Action action =
          only(Planner.plan(desired(wanted), observed(state, old), PlanOptions.DEFAULT));
      assertThat(action).isInstanceOf(Action.Adjust.class);
      assertThat(((Action.Adjust) action).writes()).isEmpty();
      assertThat(action.causes().stream().map(Cause::text))
          .containsExactly(
              "restart added: on-failure:3",
              "health added: interval 2000ms, timeout 500ms, retries 3, start_period 0ms,"
                  + " start_interval 5000ms, on_failure restart");
    }
  }

  @Test
  void whoWaitsForItsNextStartHasNoCgroupToWriteTo() {
    Program wanted = program(new ServiceFixture().limits());
    Observed now = observed(RunState.RESTARTING, program(new ServiceFixture()));
    assertThat(only(Planner.plan(desired(wanted), now, PlanOptions.DEFAULT)))
        .isInstanceOf(Action.Recreate.class);
  }

  @Test
  void whatBecameOfASupervisorIsSaidAsItIs() {
    Program program = program(new ServiceFixture());
    Map<RunState, String> said =
        Map.of(
            RunState.UNSUPERVISED, "its supervisor died",
            RunState.UNREACHABLE,
                "its supervisor cannot be asked, since its control socket is gone");
    said.forEach(
        (state, why) ->
            assertThat(
                    only(Planner.plan(
                            desired(program), observed(state, program), PlanOptions.DEFAULT))
                        .causes())
                .extracting(Cause::text)
                .containsExactly(why));
  }

  @Test
  void everyOtherStateIsPutRight() {
    Program program = program(new ServiceFixture());
    Map<RunState, Class<? extends Action>> expected = new LinkedHashMap<>();
    expected.put(RunState.UNSUPERVISED, Action.Adopt.class);
    expected.put(RunState.UNREACHABLE, Action.Adopt.class);
    expected.put(RunState.EXITED, Action.Start.class);
    expected.put(RunState.FAILED, Action.Start.class);
    expected.put(RunState.LOST, Action.Start.class);
    expected.put(RunState.CREATED, Action.Start.class);
    expected.put(RunState.STARTING, Action.Start.class);
    expected.put(RunState.RUNNING, Action.Keep.class);
    expected.put(RunState.PAUSED, Action.Keep.class);
    expected.put(RunState.RESTARTING, Action.Keep.class);
    assertThat(expected.keySet()).containsExactlyInAnyOrder(RunState.values());
    expected.forEach(
        (state, type) ->
            assertThat(
                    only(
                        Planner.plan(
                            desired(program), observed(state, program), PlanOptions.DEFAULT)))
                .as(state.toString())
                .isInstanceOf(type));
  }

  @Test
  void anOrphanIsLeftAloneUnlessItIsToGo() {
    Observed now = observed(RunState.RUNNING, program(new ServiceFixture()));
    Desired nothing = new Desired("demo", Map.of(), Map.of(), Map.of(), Desired.Connections.SAME);
    Plan left = Planner.plan(nothing, now, PlanOptions.DEFAULT);
    assertThat(left.isEmpty()).isTrue();
    assertThat(left.orphans()).containsExactly(WEB);
    Plan gone = Planner.plan(nothing, now, new PlanOptions(Set.of(), true, false, false, true));
    assertThat(only(gone)).isInstanceOf(Action.Remove.class);
    assertThat(gone.orphans()).isEmpty();
  }

  private static Plan connected(Desired.Connections connections, PlanOptions options) {
    Program program = program(new ServiceFixture());
    return Planner.plan(
        desired(program).with(connections), observed(RunState.RUNNING, program), options);
  }

  private static Change change(String key) {
    return new Change(new Origin("m.yaml", 3, 5, 1, key), key, "x", "y", ChangeClass.RECREATE);
  }

  @Test
  void aContainerThatIsConnectedDifferentlyIsAnotherOne() {
    Map<String, List<Change>> changes = Map.of("web-1", List.of(change("networks.back")));
    Plan plan =
        connected(
            new Desired.Connections(changes, List.of(), List.of(), false), PlanOptions.DEFAULT);
    assertThat(only(plan)).isInstanceOf(Action.Recreate.class);
    assertThat(only(plan).causes()).hasToString("[networks.back: x -> y (m.yaml:3:5)]");
    assertThat(plan.network()).isEmpty();
  }

  @Test
  void noRecreateKeepsAContainerThatIsConnectedDifferently() {
    Map<String, List<Change>> changes = Map.of("web-1", List.of(change("networks.back")));
    PlanOptions options = new PlanOptions(Set.of(), true, false, true, false);
    Plan plan = connected(new Desired.Connections(changes, List.of(), List.of(), true), options);
    assertThat(only(plan)).isInstanceOf(Action.Keep.class);
  }

  @Test
  void rulesChangeWhileTheContainersRunOn() {
    Plan plan =
        connected(
            new Desired.Connections(Map.of(), List.of(change("web.ports")), List.of(), false),
            PlanOptions.DEFAULT);
    assertThat(only(plan)).isInstanceOf(Action.Keep.class);
    assertThat(plan.network()).hasToString("[web.ports: x -> y (m.yaml:3:5)]");
    assertThat(plan.isEmpty()).isFalse();
  }

  @Test
  void aNetworkThatIsNotThereIsMadeThoughNothingChanged() {
    Plan plan =
        connected(
            new Desired.Connections(Map.of(), List.of(), List.of(), false), PlanOptions.DEFAULT);
    assertThat(plan.network()).hasToString("[a part of it is missing or was left unfinished]");
    assertThat(plan.isEmpty()).isFalse();
  }

  @Test
  void aNetworkThatComesWithItsContainersIsNoChangeOfItsOwn() {
    Desired.Connections missing = new Desired.Connections(Map.of(), List.of(), List.of(), false);
    Plan plan =
        Planner.plan(
            desired(program(new ServiceFixture())).with(missing),
            new Observed("demo", List.of()),
            PlanOptions.DEFAULT);
    assertThat(only(plan)).isInstanceOf(Action.Create.class);
    assertThat(plan.network()).isEmpty();
  }

  /** Plans, makes the plan true in a simulated world, plans again: nothing is left to do. */
  @Property(tries = 300)
  void aPlanThatWasCarriedOutLeavesNothingToDo(@ForAll Random random) {
    Map<ContainerId, Program> programs = new LinkedHashMap<>();
    Map<String, List<String>> needs = new LinkedHashMap<>();
    List<ObservedContainer> world = new ArrayList<>();
    for (int i = 0; i < 1 + random.nextInt(6); i++) {
      ContainerId id = ContainerId.of("demo", "s" + i, 1);
      programs.put(id, program(edited(random)));
      needs.put("s" + i, i == 0 ? List.of() : List.of("s" + random.nextInt(i)));
    }
    for (int i = 0; i < 8; i++) {
      RunState state = RunState.values()[random.nextInt(RunState.values().length)];
      byte[] bytes = ProgramCodec.encode(program(edited(random)));
      ContainerId id = ContainerId.of("demo", "s" + i, 1);
      if (random.nextBoolean()) {
        world.add(new ObservedContainer(id, state, bytes, Optional.empty(), 0));
      }
    }
    Desired desired = new Desired("demo", programs, needs, Map.of(), Desired.Connections.SAME);
    PlanOptions options = new PlanOptions(Set.of(), true, false, false, true);
    Plan plan = Planner.plan(desired, new Observed("demo", world), options);
    Observed after = new Observed("demo", simulate(plan, world));
    assertThat(Planner.plan(desired, after, options).changes()).isEmpty();
    long inWaves = plan.waves().stream().mapToLong(List::size).sum();
    long removals = plan.changes().stream().filter(Action.Remove.class::isInstance).count();
    long live = plan.changes().stream().filter(Action::isLive).count();
    assertThat(inWaves + removals + live).isEqualTo(plan.changes().size());
  }

  private static ServiceFixture edited(Random random) {
    ServiceFixture service = new ServiceFixture().atLine(1 + random.nextInt(50));
    if (random.nextBoolean()) {
      service.hostname("h" + random.nextInt(3));
    }
    if (random.nextBoolean()) {
      service.environment("A", "v" + random.nextInt(3));
    }
    if (random.nextBoolean()) {
      service.limits();
    }
    return service;
  }

  private static List<ObservedContainer> simulate(Plan plan, List<ObservedContainer> world) {
    Map<ContainerId, ObservedContainer> next = new LinkedHashMap<>();
    world.forEach(container -> next.put(container.id(), container));
    for (Action action : plan.actions()) {
      Program program = null;
      if (action instanceof Action.Create create) {
        program = create.program();
      } else if (action instanceof Action.Start start) {
        program = start.program();
      } else if (action instanceof Action.Recreate recreate) {
        program = recreate.program();
      } else if (action instanceof Action.Adjust adjust) {
        program = adjust.program();
      } else if (action instanceof Action.Adopt adopt) {
        program = adopt.program();
      } else if (action instanceof Action.Remove) {
        next.remove(action.id());
      }
      if (program != null) {
        next.put(
            action.id(),
            new ObservedContainer(
                action.id(), RunState.RUNNING, ProgramCodec.encode(program), Optional.empty(), 0));
      }
    }
    return new ArrayList<>(next.values());
  }

  @Test
  void whatRunsToCompletionIsDoneWhenItEndedWell() {
    Program program = program(new ServiceFixture());
    Desired desired =
        new Desired(
            "demo",
            Map.of(WEB, program),
            Map.of("web", List.of()),
            Map.of(),
            Desired.Connections.SAME,
            Map.of("web", new Desired.Runs(1, true)));
    Observed done = observed(RunState.EXITED, program);
    assertThat(only(Planner.plan(desired, done, PlanOptions.DEFAULT)))
        .isInstanceOf(Action.Keep.class);
    assertThat(only(Planner.plan(desired(program), done, PlanOptions.DEFAULT)))
        .isInstanceOf(Action.Start.class);
    Observed underOtherLimits = observed(RunState.EXITED, program(new ServiceFixture().limits()));
    assertThat(only(Planner.plan(desired, underOtherLimits, PlanOptions.DEFAULT)))
        .isInstanceOf(Action.Keep.class);
    Observed failed =
        new Observed(
            "demo",
            List.of(
                new ObservedContainer(
                    WEB, RunState.EXITED, ProgramCodec.encode(program), Optional.empty(), 1)));
    assertThat(only(Planner.plan(desired, failed, PlanOptions.DEFAULT)))
        .isInstanceOf(Action.Start.class);
  }

  @Test
  void oneMoreThanIsWantedIsRemovedAndNoOrphan() {
    Program program = program(new ServiceFixture());
    ContainerId second = ContainerId.of("demo", "web", 2);
    Observed two =
        new Observed(
            "demo",
            List.of(
                new ObservedContainer(
                    WEB, RunState.RUNNING, ProgramCodec.encode(program), Optional.empty(), 0),
                new ObservedContainer(
                    second, RunState.RUNNING, ProgramCodec.encode(program), Optional.empty(), 0)));
    Plan plan = Planner.plan(desired(program), two, PlanOptions.DEFAULT);
    assertThat(plan.changes()).hasSize(1);
    assertThat(plan.changes().get(0)).isInstanceOf(Action.Remove.class);
    assertThat(plan.changes().get(0).id()).isEqualTo(second);
    assertThat(plan.orphans()).isEmpty();
  }
}
