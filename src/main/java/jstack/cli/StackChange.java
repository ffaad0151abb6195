package jstack.cli;

import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import jstack.engine.Layers;
import jstack.engine.StartOrder;
import jstack.engine.StoredFiles;
import jstack.manifest.Sharing;
import jstack.plan.Action;
import jstack.program.Program;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.ProjectLock;
import org.jspecify.annotations.Nullable;

/** Carries out what a stack was found to need, with all that goes with it. */
record StackChange(Session session, StackRun run) {
  /**
   * Makes the plan true.
   *
   * @param grace instead of each container's own; null leaves that
   * @param patience for what others depend on; null for the usual one
   * @return whether there was nothing to do
   */
  boolean make(
      ProjectLock lock,
      UpProgress progress,
      @Nullable Duration grace,
      @Nullable Duration patience) {
    if (run.plan().isEmpty()) {
      recordAgain();
      return isIdle(!startNow(progress), progress);
    }
    execute(lock, progress, grace, patience);
    startNow(progress);
    return false;
  }

  /** Carries out the plan alone, which has something to do. */
  void execute(
      ProjectLock lock,
      UpProgress progress,
      @Nullable Duration grace,
      @Nullable Duration patience) {
    session.record(run.manifest());
    session
        .executor(lock, progress)
        .execute(
            run.plan(),
            run.observed(),
            run.layers(),
            run.connector(),
            grace,
            StartOrder.of(run.manifest(), patience));
  }

  /** As make, but for containers that nobody starts yet. */
  boolean create(ProjectLock lock, UpProgress progress, @Nullable Duration grace) {
    if (run.plan().isEmpty()) {
      recordAgain();
      return isIdle(true, progress);
    }
    session.record(run.manifest());
    session
        .executor(lock, progress)
        .create(run.plan(), run.observed(), run.layers(), run.connector(), grace);
    return false;
  }

  private static boolean isIdle(boolean idle, UpProgress progress) {
    if (idle) {
      progress.nothingToDo();
    }
    return idle;
  }

  /** Who depends on whom is no change, but start goes by it. */
  private void recordAgain() {
    if (Files.exists(session.layout().projectRecord(session.project()))) {
      session.record(run.manifest());
    }
  }

  /**
   * Who waits for its next start waits no longer: somebody asks for it now, having perhaps mended
   * what it failed for.
   */
  private boolean startNow(UpProgress progress) {
    List<ObservedContainer> waiting = new ArrayList<>();
    for (Action action : run.plan().actions()) {
      if (action.isLive()) {
        run.observed().find(action.id()).ifPresent(waiting::add);
      }
    }
    return Restarting.startNow(session, waiting, progress);
  }

  /** Those that somebody who stays will hear of. */
  List<ContainerId> concerned() {
    return run.plan().actions().stream()
        .filter(action -> !(action instanceof Action.Remove))
        .filter(action -> !(action instanceof Action.Keep) || !isDone(action.id()))
        .map(Action::id)
        .filter(id -> !Sharing.isHolder(id.service())) // they never say anything, nor end
        .toList();
  }

  /** Whether it ran to completion before, so that nothing more is to be heard of it. */
  private boolean isDone(ContainerId id) {
    return run.observed().find(id).filter(container -> container.state().isOver()).isPresent();
  }

  /**
   * Takes away secrets and configs that were replaced.
   *
   * @return whether none is left; one that is too new to tell is for the next time
   */
  boolean sweepFiles() {
    if (!Files.isDirectory(session.layout().files(session.project()))) {
      return true;
    }
    List<Program> programs = new ArrayList<>(run.desired().programs().values());
    session.observed().containers().forEach(c -> c.program().ifPresent(programs::add));
    List<Program> before = new ArrayList<>();
    run.observed().containers().forEach(c -> c.program().ifPresent(before::add));
    return StoredFiles.sweep(session.layout(), session.project(), programs, before);
  }

  /** Those who were not made after all need no user ids. */
  void giveBackIds() {
    Layers layers = new Layers(session.layout());
    for (ContainerId id : run.desired().programs().keySet()) {
      if (session.observer().observe(id).isEmpty()) {
        layers.releaseUnlessKept(id);
      }
    }
  }
}
