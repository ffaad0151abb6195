package jstack.engine;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.linux.CgroupFreezer;
import jstack.state.ContainerCgroups;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;

/** Pauses containers and lets them go on, all at once. */
public final class Freezer {
  private static final long STEP_MILLIS = 2;

  private final Duration patience;

  /**
   * @param patience how long the processes may take to stand still
   */
  public Freezer(Duration patience) {
    this.patience = patience;
  }

  /**
   * Pauses those that are not paused yet. Whoever does not stand still in time goes on, and is
   * named in the error.
   *
   * @return those that are paused now and were not before
   */
  public List<ContainerId> pause(List<ObservedContainer> containers) throws InterruptedException {
    Map<ContainerId, CgroupFreezer> asked = ask(containers, true);
    Map<ContainerId, CgroupFreezer> left = await(asked, true);
    List<Diagnostic> problems = new ArrayList<>();
    left.forEach(
        (id, freezer) -> {
          Optional<Diagnostic> failure = write(id, freezer, false);
          problems.add(
              Diagnostic.error(
                      Origin.NONE,
                      "cannot-pause",
                      id.name() + " did not stand still within " + patience.toSeconds() + " s")
                  .withHint(
                      "a process of it waits for a device or a server; see them with jstack top"));
          failure.ifPresent(problems::add);
        });
    refuse(problems);
    return List.copyOf(asked.keySet());
  }

  /**
   * Lets those go on that are paused.
   *
   * @return those
   */
  public List<ContainerId> unpause(List<ObservedContainer> containers) throws InterruptedException {
    Map<ContainerId, CgroupFreezer> asked = ask(containers, false);
    List<Diagnostic> problems = new ArrayList<>();
    await(asked, false)
        .keySet()
        .forEach(
            id ->
                problems.add(
                    Diagnostic.error(Origin.NONE, "cannot-unpause", id.name() + " is still paused")
                        .withHint("a cgroup above its own is frozen; see cgroup.freeze there")));
    refuse(problems);
    return List.copyOf(asked.keySet());
  }

  private static Map<ContainerId, CgroupFreezer> ask(
      List<ObservedContainer> containers, boolean frozen) {
    Map<ContainerId, CgroupFreezer> asked = new LinkedHashMap<>();
    List<Diagnostic> problems = new ArrayList<>();
    for (ObservedContainer container : containers) {
      Optional<CgroupFreezer> freezer = ContainerCgroups.freezer(container.encodedProgram());
      if (freezer.isEmpty()) {
        problems.add(
            Diagnostic.error(
                    Origin.NONE,
                    "no-freezer",
                    "cannot pause " + container.id().name() + ": it has no freezer")
                .withHint("mount cgroup2, or the freezer of v1; then jstack up --force-recreate"));
      } else if (!is(freezer.get(), frozen)) {
        Optional<Diagnostic> failure = write(container.id(), freezer.get(), frozen);
        if (failure.isEmpty()) {
          asked.put(container.id(), freezer.get());
        } else {
          problems.add(failure.get());
        }
      }
    }
    if (frozen && !problems.isEmpty()) {
      // All or none: nobody would know which of them stand still.
      asked.forEach((id, freezer) -> write(id, freezer, false).ifPresent(problems::add));
    }
    refuse(problems);
    return asked;
  }

  private static boolean is(CgroupFreezer freezer, boolean frozen) {
    return frozen ? freezer.isFrozen() : freezer.isThawed();
  }

  private static Optional<Diagnostic> write(ContainerId id, CgroupFreezer freezer, boolean frozen) {
    try {
      if (frozen) {
        freezer.freeze();
      } else {
        freezer.thaw();
      }
      return Optional.empty();
    } catch (IOException e) {
      String what = frozen ? "cannot pause " : "cannot unpause ";
      return Optional.of(
          Diagnostic.error(Origin.NONE, "freezer", what + id.name() + ": " + e.getMessage())
              .withHint("it may have ended meanwhile; see jstack ps -a"));
    }
  }

  /** Asks the kernel again and again: a change of these files makes no event that Java can hear. */
  private Map<ContainerId, CgroupFreezer> await(
      Map<ContainerId, CgroupFreezer> asked, boolean frozen) throws InterruptedException {
    Map<ContainerId, CgroupFreezer> left = new LinkedHashMap<>(asked);
    long deadline = System.nanoTime() + patience.toNanos();
    left.values().removeIf(freezer -> is(freezer, frozen));
    while (!left.isEmpty() && System.nanoTime() < deadline) {
      Thread.sleep(STEP_MILLIS);
      left.values().removeIf(freezer -> is(freezer, frozen));
    }
    return left;
  }

  private static void refuse(List<Diagnostic> problems) {
    if (!problems.isEmpty()) {
      throw new DiagnosticException(Failure.OPERATION, problems);
    }
  }
}
