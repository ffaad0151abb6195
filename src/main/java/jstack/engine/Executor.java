package jstack.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.linux.FreeSpace;
import jstack.plan.Action;
import jstack.plan.Cause;
import jstack.plan.Plan;
import jstack.plan.StackLimits;
import jstack.program.ChangeClass;
import jstack.program.FailureText;
import jstack.program.Program;
import jstack.state.ContainerId;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.Observer;
import jstack.state.ProjectLock;
import jstack.state.StateLayout;
import org.jspecify.annotations.Nullable;

/** Makes a plan true. Decides nothing: what to do, and why, stands in the actions. */
public final class Executor {
  private final StateLayout layout;
  private final Observer observer;
  private final Path shim;
  private final SupervisorUnit unit;
  private final ProjectLock lock;
  private final EngineEvents events;
  private final RunDirectory directories;
  private final Teardown teardown;

  /**
   * @param shim the helper's file
   * @param unit where supervisors live
   * @param lock held for as long as the executor works
   */
  public Executor(
      StateLayout layout,
      Observer observer,
      Path shim,
      SupervisorUnit unit,
      ProjectLock lock,
      EngineEvents events) {
    this.layout = layout;
    this.observer = observer;
    this.shim = shim;
    this.unit = unit;
    this.lock = lock;
    this.events = events;
    this.directories = new RunDirectory(layout);
    this.teardown = new Teardown(layout, unit, events);
  }

  /**
   * Carries out a plan. When a container cannot be made, those made by this call are taken away
   * again: what ran before runs on, and nothing half is left.
   *
   * @param network is asked when those that leave are gone and before anybody starts
   * @param grace instead of each container's own grace when it has to stop; null leaves that
   * @param order who starts behind whom
   * @throws DiagnosticException when one cannot be made, or when one was not started because what
   *     it depends on did not come far enough; then those that run run on
   */
  public void execute(
      Plan plan,
      Observed observed,
      LayerPlan layers,
      Connector network,
      @Nullable Duration grace,
      StartOrder order) {
    execute(plan, observed, layers, network, grace, order, Kind.UP);
  }

  /**
   * As execute, but none is started: networks, layers and programs are there, and whoever starts
   * the containers later finds all that up would have made.
   */
  public void create(
      Plan plan, Observed observed, LayerPlan layers, Connector network, @Nullable Duration grace) {
    execute(plan, observed, layers, network, grace, NOBODY, Kind.CREATE);
  }

  private static final StartOrder NOBODY = new StartOrder(Map.of(), null);

  private enum Kind {
    UP,
    /** Nobody is started. */
    CREATE,
    /** Of containers that were there before, and keep their records whatever happens. */
    AGAIN
  }

  private void execute(
      Plan plan,
      Observed observed,
      LayerPlan layers,
      Connector network,
      @Nullable Duration grace,
      StartOrder order,
      Kind kind) {
    if (isAny(plan.actions(), action -> action instanceof Action.Adopt)) {
      try (ShimLauncher launcher = launcher()) {
        settle(launcher, plan.project());
        plan = new Adopter(layout, events).adopt(plan, launcher);
      }
    }
    if (kind != Kind.AGAIN) {
      for (Action action : plan.actions()) {
        if (action instanceof Action.Keep keep) {
          events.unchanged(keep);
        }
      }
    }
    for (Action action : plan.changes()) {
      if (action instanceof Action.Start start) {
        unit.requirePlace(start.id(), start.program());
      }
    }
    // Before anything else: a limit that cannot be had in place stops nobody.
    new Adjuster(layout, observer, events).adjust(plan, observed);
    if (!isAny(plan.changes(), action -> !action.isLive())) {
      if (!plan.network().isEmpty()) {
        network.connect();
      }
      return;
    }
    try (ShimLauncher launcher = launcher().within(order.ofStart())) {
      if (isAny(plan.changes(), Executor::starts)) {
        settle(launcher, plan.project());
      }
      List<ObservedContainer> leaving = leaving(plan, observed);
      teardown.end(leaving, launcher, plan.startWaves(), grace);
      for (Action action : plan.changes()) {
        if (action instanceof Action.Remove) {
          directories.remove(action.id());
          events.removed(action.id());
        }
      }
      try {
        network.connect();
      } catch (DiagnosticException e) {
        directories.removeProjectIfEmpty(plan.project());
        throw e;
      }
      spread(plan, layers, launcher);
      if (kind == Kind.CREATE) {
        prepareAll(plan, layers);
        return;
      }
      List<ContainerId> made = new ArrayList<>();
      Starter starter = new Starter(layout, observer, events, order);
      starter.start(
          plan,
          launcher,
          action -> launch(action, layers, launcher),
          (action, answer) -> whyFailed(action.id(), programOf(action)),
          action -> made.add(action.id()));
      List<Diagnostic> failures = starter.failures();
      if (!failures.isEmpty()) {
        takeBack(made, launcher, network, kind != Kind.AGAIN);
        boolean limits =
            failures.stream().allMatch(f -> f.code().equals(FailureText.LIMIT_REFUSED));
        throw new DiagnosticException(limits ? Failure.HOST : Failure.OPERATION, failures);
      }
      if (!starter.broken().isEmpty()) {
        // Nothing is taken back: what ran is what the reader of the error wants to look at.
        throw new DiagnosticException(starter.failure(), starter.broken());
      }
    }
  }

  ShimLauncher launcher() {
    ShimLauncher launcher = new ShimLauncher(shim);
    try {
      note(launcher.handle());
    } catch (DiagnosticException e) {
      launcher.close();
      throw e;
    }
    return launcher;
  }

  /** Whoever changes the project next waits for this process, should it outlive us. */
  void note(ProcessHandle process) {
    try {
      lock.noteLauncher(process.pid());
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "state-directory",
          "cannot write the lock: " + e.getMessage(),
          FreeSpace.hint(layout.locks(), e, "check the free space"));
    }
  }

  private static boolean isAny(List<Action> actions, Predicate<Action> kind) {
    for (Action action : actions) {
      if (kind.test(action)) {
        return true;
      }
    }
    return false;
  }

  private static boolean starts(Action action) {
    return !(action instanceof Action.Remove) && !action.isLive();
  }

  /** Whoever it forks lives where it does; so it goes there first, while nobody has stopped yet. */
  void settle(ShimLauncher launcher, String project) {
    try {
      unit.adopt(launcher.handle().pid());
    } catch (DiagnosticException e) {
      directories.removeProjectIfEmpty(project);
      throw e;
    }
  }

  /** What exists already and has to go, or to make room for its successor. */
  private static List<ObservedContainer> leaving(Plan plan, Observed observed) {
    List<ObservedContainer> leaving = new ArrayList<>();
    for (Action action : plan.changes()) {
      if (!(action instanceof Action.Create) && !action.isLive()) {
        observed.find(action.id()).ifPresent(leaving::add);
      }
    }
    return leaving;
  }

  /** Containers have nothing to do with each other, on the disk neither. */
  private void spread(Plan plan, LayerPlan layers, ShimLauncher launcher) {
    if (isAny(plan.changes(), Executor::starts)) {
      launcher.spread(directories.ofProject(plan.project()));
    }
    if (isAny(plan.changes(), each -> starts(each) && layers.of(each.id()).isPresent())) {
      launcher.spread(directories.ofLayers(plan.project()));
    }
  }

  private void prepareAll(Plan plan, LayerPlan layers) {
    for (Action action : plan.changes()) {
      if (starts(action)) {
        prepare(action, layers);
        events.created(action.id());
      }
    }
  }

  private Path prepare(Action action, LayerPlan layers) {
    layers.of(action.id()).ifPresent(layer -> prepareLayer(action.id(), layer));
    directories.prepare(action.id(), programOf(action), layers.provenance().get(action.id()));
    return layout.container(action.id());
  }

  /** Asks for one container; gives the directory by which the answer names it. */
  private Path launch(Action action, LayerPlan layers, ShimLauncher launcher) {
    events.starting(action.id(), action.causes());
    Path directory = prepare(action, layers);
    directories.outrunCheckpoint(action.id());
    launcher.start(directory);
    return directory;
  }

  private void prepareLayer(ContainerId id, LayerPlan.Layer layer) {
    directories.prepareLayer(id, layer.rootfsDigest(), layer.rootfs());
  }

  private static Program programOf(Action action) {
    if (action instanceof Action.Create create) {
      return create.program();
    }
    if (action instanceof Action.Start start) {
      return start.program();
    }
    if (action instanceof Action.Recreate recreate) {
      return recreate.program();
    }
    throw new IllegalStateException("nothing to start: " + action);
  }

  private Diagnostic whyFailed(ContainerId id, Program program) {
    return observer
        .failure(id)
        .map(record -> ShimReport.diagnostic(id, program, record))
        .orElseGet(
            () ->
                Diagnostic.error(
                        Origin.NONE,
                        "no-reason",
                        id.name() + " cannot start, and why could not be written down")
                    .withHint(FreeSpace.figures(layout.run())));
  }

  /**
   * @param all also the records: a container that only was to start again keeps its own
   */
  private void takeBack(
      List<ContainerId> made, ShimLauncher launcher, Connector network, boolean all) {
    List<ObservedContainer> present = new ArrayList<>();
    for (ContainerId id : made) {
      observer.observe(id.project()).find(id).ifPresent(present::add);
    }
    teardown.end(present, launcher, List.of(), Duration.ZERO);
    if (!all) {
      return;
    }
    for (ContainerId id : made) {
      directories.remove(id);
      events.removed(id);
    }
    network.disconnect(made);
    if (made.stream().findFirst().isPresent()) {
      String project = made.get(0).project();
      if (observer.observe(project).containers().isEmpty()) {
        directories.removeProject(project);
      }
    }
  }

  /**
   * Gives containers whose supervisor died or cannot be asked a new one, for what only a supervisor
   * can be asked.
   *
   * @throws DiagnosticException when one of them cannot have a new one
   */
  public void adopt(List<ObservedContainer> containers) {
    if (containers.isEmpty()) {
      return;
    }
    try (ShimLauncher launcher = launcher()) {
      settle(launcher, containers.get(0).id().project());
      List<ContainerId> ids = containers.stream().map(ObservedContainer::id).toList();
      Map<ContainerId, String> refused = new Adopter(layout, events).adopt(ids, launcher);
      for (ObservedContainer container : containers) {
        ContainerId id = container.id();
        String fate = container.fateOfSupervisor();
        if (refused.containsKey(id)) {
          throw DiagnosticException.operation(
              "cannot-adopt",
              "the supervisor of " + id.name() + " " + fate + "; a new one: " + refused.get(id),
              "jstack up makes it anew, jstack stop ends it");
        }
        events.adopted(id, List.of(Cause.of("its supervisor " + fate, ChangeClass.LIVE)));
      }
    }
  }

  /** What is left of containers that are over goes, before they begin anew from elsewhere. */
  void clearAway(List<ObservedContainer> containers, ShimLauncher launcher) {
    List<ObservedContainer> left =
        containers.stream()
            .filter(container -> !container.state().isAlive() && !container.isClearedAway())
            .filter(container -> container.status().isPresent())
            .toList();
    teardown.end(left, launcher, List.of(), Duration.ZERO);
  }

  /** As for a start: its cgroups are made where they were. */
  void requirePlace(ContainerId id, Program program) {
    unit.requirePlace(id, program);
  }

  /**
   * Stops containers, keeping their records.
   *
   * @param startWaves the order of starts; stops go the other way
   */
  public void stop(
      List<ObservedContainer> containers, List<List<String>> startWaves, @Nullable Duration grace) {
    if (containers.isEmpty()) {
      return;
    }
    if (containers.stream().allMatch(c -> c.state().isSupervised())) {
      Stopper stopper = new Stopper(layout, events);
      List<ObservedContainer> unanswered = new ArrayList<>();
      for (List<ObservedContainer> wave : Teardown.stopOrder(containers, startWaves)) {
        unanswered.addAll(stopper.stop(wave, grace));
      }
      if (unanswered.isEmpty()) {
        return;
      }
      containers = unanswered;
    }
    try (ShimLauncher launcher = launcher()) {
      teardown.end(containers, launcher, startWaves, grace);
    }
  }

  /** Stops containers and takes away their records; what they wrote is kept. */
  public void remove(
      List<ObservedContainer> containers, List<List<String>> startWaves, @Nullable Duration grace) {
    stop(containers, startWaves, grace);
    for (ObservedContainer container : containers) {
      directories.remove(container.id());
      events.removed(container.id());
    }
  }

  /** Takes away what is left of a project when it has no container any more. */
  public void forgetProject(String project) {
    directories.removeProject(project);
  }

  /**
   * Starts containers that ended, from the programs that they had, each when what it depends on has
   * come far enough.
   *
   * @param others of the project, whose state counts for those
   * @throws DiagnosticException as {@link #execute}
   */
  public void startAgain(
      List<ObservedContainer> containers,
      List<ObservedContainer> others,
      StartOrder order,
      String why) {
    List<Action> actions = new ArrayList<>();
    for (ObservedContainer container : containers) {
      Optional<Program> program = container.program();
      if (program.isPresent() && !container.state().isAlive()) {
        List<Cause> causes = List.of(Cause.of(why, ChangeClass.RESTART));
        actions.add(new Action.Start(container.id(), program.get(), causes));
      }
    }
    if (actions.isEmpty()) {
      return;
    }
    others.forEach(other -> actions.add(new Action.Keep(other.id())));
    String project = containers.get(0).id().project();
    List<List<String>> none = List.of(); // nobody runs who would have to stop first
    Plan plan = new Plan(project, actions, none, List.of(), List.of(), StackLimits.SAME);
    Observed observed = new Observed(project, containers);
    execute(plan, observed, LayerPlan.AS_THEY_WERE, Connector.NONE, null, order, Kind.AGAIN);
  }
}
