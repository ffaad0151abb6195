package jstack.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.manifest.Condition;
import jstack.manifest.Manifest;
import jstack.manifest.Service;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.Observer;
import jstack.state.RunState;
import jstack.state.StateLayout;
import jstack.state.Status;

/**
 * Waits for a whole stack: for those with a health check until they are healthy, for those that run
 * to completion until they have ended with 0, for the others that they run.
 */
public final class StackWait {
  /** When nobody said how long. */
  public static final Duration USUAL = Duration.ofMinutes(10);

  private final Observer observer;
  private final EngineEvents events;
  private final Manifest manifest;
  private final Set<String> once;
  private final Waiting pace;

  /**
   * @param once the services that run to completion
   */
  public StackWait(
      StateLayout layout,
      Observer observer,
      Manifest manifest,
      Set<String> once,
      EngineEvents events) {
    this.events = events;
    this.observer = observer;
    this.manifest = manifest;
    this.once = Set.copyOf(once);
    this.pace = new Waiting(layout, observer);
  }

  /**
   * Returns when all are ready.
   *
   * @throws DiagnosticException as soon as one never will be, or with Failure.TIMEOUT and all that
   *     are not ready when the time is over
   */
  public void await(List<ContainerId> containers, Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    Map<ContainerId, Condition> left = new LinkedHashMap<>();
    containers.forEach(id -> left.put(id, Condition.STARTED));
    while (true) {
      List<Diagnostic> broken = look(left);
      if (!broken.isEmpty()) {
        throw new DiagnosticException(Failure.OPERATION, broken);
      }
      if (left.isEmpty()) {
        return;
      }
      if (System.nanoTime() > deadline) {
        throw new DiagnosticException(Failure.TIMEOUT, late(left, patience.toSeconds()));
      }
      pace.pause();
    }
  }

  /** Takes out those that are ready; gives those that never will be. */
  private List<Diagnostic> look(Map<ContainerId, Condition> left) {
    List<Diagnostic> broken = new ArrayList<>();
    for (ContainerId id : List.copyOf(left.keySet())) {
      Optional<ObservedContainer> container = observer.observe(id);
      Condition condition = condition(id, container);
      left.put(id, condition);
      boolean ended =
          condition == Condition.STARTED
              && container.filter(c -> c.state() == RunState.EXITED).isPresent();
      Progress progress = ended ? Progress.BROKEN : Progress.of(condition, container);
      if (progress == Progress.MET) {
        left.remove(id);
        events.reached(id, condition);
      } else if (progress == Progress.BROKEN) {
        broken.add(
            Diagnostic.error(origin(id), "not-ready", pace.whyBroken(condition, id))
                .withDetails(pace.lastHealthOutput(id))
                .withHint("see jstack logs " + id.service()));
      }
    }
    return broken;
  }

  private Condition condition(ContainerId id, Optional<ObservedContainer> container) {
    if (once.contains(id.service())) {
      return Condition.COMPLETED;
    }
    boolean checked =
        container.flatMap(ObservedContainer::status).flatMap(Status::health).isPresent();
    return checked ? Condition.HEALTHY : Condition.STARTED;
  }

  private List<Diagnostic> late(Map<ContainerId, Condition> left, long seconds) {
    List<Diagnostic> late = new ArrayList<>();
    left.forEach(
        (id, condition) ->
            late.add(
                Diagnostic.error(
                        origin(id), "wait-timeout", Waiting.whyLate(condition, id, seconds))
                    .withDetails(pace.lastHealthOutput(id))
                    .withHint("it runs on; --wait-timeout SECONDS gives it longer")));
    return late;
  }

  private Origin origin(ContainerId id) {
    Service service = manifest.services().get(id.service());
    return service == null ? Origin.NONE : service.at("");
  }
}
