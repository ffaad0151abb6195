package jstack.plan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import jstack.manifest.HostPath;
import jstack.program.Change;
import jstack.program.ChangeClass;
import jstack.program.LimitChanges;
import jstack.program.LimitWrite;
import jstack.program.Program;
import jstack.program.ProgramDiff;
import jstack.program.SupervisorInstruction;
import jstack.state.ContainerId;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.SeenLimits;

/**
 * Desired and observed to actions: a pure function, so a plan that is only shown changes nothing.
 */
public final class Planner {
  private Planner() {}

  /** The cheapest actions that lead from the observed to the desired. */
  public static Plan plan(Desired desired, Observed observed, PlanOptions options) {
    DependencyGraph graph = new DependencyGraph(desired.needs());
    Set<String> selected = selected(graph, desired, options);
    Map<ContainerId, Action> decided = new LinkedHashMap<>();
    desired
        .programs()
        .forEach(
            (id, program) -> {
              if (selected.contains(id.service())) {
                boolean once = desired.isOnce(id.service());
                Action action = decide(id, program, once, observed, options);
                List<Change> changes =
                    desired.connections().changes().getOrDefault(id.name(), List.of());
                decided.put(id, reconnect(action, program, changes, options));
              }
            });
    new SharedFate(desired, observed).spread(decided, graph.startWaves());
    List<Action> actions = new ArrayList<>(decided.values());
    List<ContainerId> orphans = new ArrayList<>();
    for (ObservedContainer container : observed.containers()) {
      if (container.id().isOneOff()) {
        boolean kept = container.program().filter(Program::isKept).isPresent();
        if (container.state().isOver() && !kept) {
          actions.add(
              new Action.Remove(
                  container.id(), List.of(Cause.of("its run was cut off", ChangeClass.RECREATE))));
        }
        continue;
      }
      // A service that this call is not about has no program here, and is no orphan.
      if (desired.wants(container.id())) {
        continue;
      }
      boolean surplus = desired.isSurplus(container.id());
      if (surplus && !selected.contains(container.id().service())) {
        continue;
      }
      if (surplus || options.removeOrphans()) {
        actions.add(new Action.Remove(container.id(), List.of(whyOrphan(container.id(), desired))));
      } else {
        orphans.add(container.id());
      }
    }
    return new Plan(
        desired.project(),
        actions,
        graph.startWaves(),
        orphans,
        network(desired, actions),
        limits(desired, observed));
  }

  /** Those of the stack, which hold for whoever runs in it, acted on or not. */
  private static StackLimits limits(Desired desired, Observed observed) {
    List<Program> running = new ArrayList<>();
    List<Program> recorded = new ArrayList<>();
    List<LimitWrite.Place> updated = new ArrayList<>();
    for (ObservedContainer container : observed.containers()) {
      if (container.id().isOneOff()) {
        continue;
      }
      Program wanted = desired.programs().get(container.id());
      Optional<Program> program =
          wanted != null && container.runs(wanted) ? Optional.of(wanted) : container.program();
      program.ifPresent(recorded::add);
      if (container.state().isAlive()) {
        program.ifPresent(running::add);
        program.ifPresent(
            own -> updated.addAll(above(own, observed.limits().updatedOf(container.id()))));
      }
    }
    return StackLimits.between(
        running, recorded, desired.programs().values(), observed.limits(), updated);
  }

  /** Those of the noted places that are not the container's own. */
  private static List<LimitWrite.Place> above(Program program, List<LimitWrite.Place> places) {
    return places.isEmpty()
        ? places
        : places.stream().filter(place -> !LimitChanges.isIn(place, program)).toList();
  }

  /** A container whose network namespace is another one is another container. */
  private static Action reconnect(
      Action action, Program program, List<Change> changes, PlanOptions options) {
    if (changes.isEmpty() || options.noRecreate() || !action.isLive()) {
      return action;
    }
    List<Cause> causes = new ArrayList<>(action.causes());
    changes.forEach(change -> causes.add(Cause.of(change)));
    return new Action.Recreate(action.id(), program, causes);
  }

  /** What changes although no container does. */
  private static List<Cause> network(Desired desired, List<Action> actions) {
    List<Cause> causes = new ArrayList<>();
    for (Change change : desired.connections().others()) {
      causes.add(Cause.of(change));
    }
    boolean quiet = actions.stream().allMatch(Action::isLive);
    if (causes.isEmpty() && quiet) {
      for (Change change : desired.connections().names()) {
        causes.add(Cause.of(change));
      }
    }
    if (causes.isEmpty() && quiet && !desired.connections().made()) {
      causes.add(Cause.of("a part of it is missing or was left unfinished", ChangeClass.LIVE));
    }
    return causes;
  }

  private static Set<String> selected(DependencyGraph graph, Desired desired, PlanOptions options) {
    if (options.services().isEmpty()) {
      return desired.needs().keySet();
    }
    return options.withDependencies() ? graph.closure(options.services()) : options.services();
  }

  private static Action decide(
      ContainerId id, Program program, boolean once, Observed observed, PlanOptions options) {
    Optional<ObservedContainer> found = observed.find(id);
    if (found.isEmpty()) {
      return new Action.Create(
          id, program, List.of(Cause.of("not there yet", ChangeClass.RECREATE)));
    }
    ObservedContainer container = found.get();
    boolean same = container.runs(program);
    return switch (container.state()) {
      case RUNNING, PAUSED, RESTARTING ->
          decideRunning(id, program, container, same, options, observed.limits());
      case UNSUPERVISED, UNREACHABLE ->
          adopt(
              id,
              program,
              container,
              decideRunning(id, program, container, same, options, observed.limits()));
      case EXITED ->
          once && container.isDone() && !options.forceRecreate() && isStillDone(container, program)
              ? new Action.Keep(id)
              : start(id, program, container, same, end(container));
      case FAILED -> start(id, program, container, same, "it could not be started before");
      case CREATED -> start(id, program, container, same, "it was made and not started");
      case STARTING ->
          start(id, program, container, same, "an earlier run was cut off before it started");
      case LOST -> start(id, program, container, same, "it is gone without an exit code");
    };
  }

  private static String end(ObservedContainer container) {
    return container.isCheckpointed()
        ? "it was checkpointed, and is not restored"
        : "it ended with exit code " + container.exitCode();
  }

  /** What would be written to it while it runs, a limit or a label, does not undo its work. */
  private static boolean isStillDone(ObservedContainer container, Program program) {
    return container.runs(program)
        || container.program().filter(old -> old.isSameButForLive(program)).isPresent();
  }

  /**
   * Whoever would run on as it is gets a new supervisor, unless its terminal goes with the old one.
   */
  private static Action adopt(
      ContainerId id, Program program, ObservedContainer container, Action then) {
    boolean terminal =
        container
            .program()
            .filter(
                old ->
                    old.all(SupervisorInstruction.Terminal.class)
                        .anyMatch(SupervisorInstruction.Terminal::on))
            .isPresent();
    List<Cause> causes = new ArrayList<>();
    causes.add(
        Cause.of(
            "its supervisor "
                + container.fateOfSupervisor()
                + (terminal ? ", and its terminal with it" : ""),
            terminal ? ChangeClass.RESTART : ChangeClass.LIVE));
    causes.addAll(then.causes());
    return then.isLive() && !terminal
        ? new Action.Adopt(id, program, then, causes)
        : recreate(id, program, container, causes);
  }

  private static Action decideRunning(
      ContainerId id,
      Program program,
      ObservedContainer container,
      boolean same,
      PlanOptions options,
      SeenLimits seen) {
    if (options.forceRecreate()) {
      return recreate(
          id, program, container, List.of(Cause.of("--force-recreate", ChangeClass.RECREATE)));
    }
    if (options.noRecreate()) {
      return new Action.Keep(id);
    }
    Optional<Program> old = same ? Optional.of(program) : container.program();
    if (old.isPresent() && (same || old.get().isSameButForLive(program))) {
      LimitChanges changes =
          LimitChanges.ofContainer(old.get(), program, seen.texts(), seen.updatedOf(id));
      // Who waits for its next start has no cgroup to write to.
      boolean writable = container.state().hasProcess() || changes.writes().isEmpty();
      if (changes.unknown().isEmpty() && writable) {
        return adjust(id, program, old.get(), changes);
      }
      if (same && !writable) {
        List<Cause> drift = new ArrayList<>();
        changes.changes().forEach(change -> drift.add(Cause.ofLimit(change, true)));
        return recreate(id, program, container, drift);
      }
    }
    return recreate(id, program, container, differences(container, program));
  }

  private static Action adjust(ContainerId id, Program program, Program old, LimitChanges changes) {
    List<Cause> causes = new ArrayList<>();
    boolean drifted = old.equals(program);
    changes.changes().forEach(change -> causes.add(Cause.ofLimit(change, drifted)));
    boolean noted =
        drifted || LimitChanges.ofContainerIn(old).equals(LimitChanges.ofContainerIn(program));
    List<Change> settings = drifted ? List.of() : ProgramDiff.between(old, program);
    settings.forEach(change -> causes.add(Cause.of(change)));
    if (changes.writes().isEmpty() && noted && settings.isEmpty()) {
      return new Action.Keep(id);
    }
    if (causes.isEmpty()) {
      causes.add(Cause.of("its record is older than its limits", ChangeClass.LIVE));
    }
    return new Action.Adjust(id, program, changes.writes(), !settings.isEmpty(), causes);
  }

  private static Action start(
      ContainerId id, Program program, ObservedContainer container, boolean same, String why) {
    List<Cause> causes = new ArrayList<>(List.of(Cause.of(why, ChangeClass.RESTART)));
    if (!same) {
      causes.addAll(differences(container, program));
    }
    return new Action.Start(id, program, causes);
  }

  /** What differs in the program counts, too, whatever the reason was. */
  private static Action recreate(
      ContainerId id, Program program, ObservedContainer container, List<Cause> causes) {
    List<Cause> all = new ArrayList<>(causes);
    if (!container.runs(program)) {
      List<Cause> differences = differences(container, program);
      all.addAll(differences);
      if (all.isEmpty()) {
        all.add(Cause.of("made by another version of jstack", ChangeClass.RECREATE));
      }
    }
    return new Action.Recreate(id, program, List.copyOf(new LinkedHashSet<>(all)));
  }

  private static List<Cause> differences(ObservedContainer container, Program wanted) {
    Optional<Program> old = container.program();
    if (old.isEmpty()) {
      return List.of(Cause.of("its record is gone", ChangeClass.RECREATE));
    }
    Map<String, Cause> causes = new LinkedHashMap<>();
    for (Change change : ProgramDiff.between(old.get(), wanted)) {
      causes.putIfAbsent(change.key(), Cause.of(change));
    }
    LimitChanges limits = LimitChanges.ofContainer(old.get(), wanted, Map.of(), List.of());
    for (Change change : limits.changes()) {
      causes.putIfAbsent(change.key(), Cause.ofLimit(change, false));
    }
    for (HostPath file : limits.unknown()) {
      causes.put(
          file.value(),
          Cause.of(file + " is set back by a new cgroup alone", ChangeClass.RECREATE));
    }
    return List.copyOf(causes.values());
  }

  private static Cause whyOrphan(ContainerId id, Desired desired) {
    return Cause.of(
        desired.needs().containsKey(id.service())
            ? "fewer containers of " + id.service() + " are wanted"
            : "no service " + id.service() + " in the manifest",
        ChangeClass.RECREATE);
  }
}
