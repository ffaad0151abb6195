package jstack.engine;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import jstack.state.ContainerId;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.RunState;
import jstack.state.Status;

/**
 * What has become of containers between two looks at them. Lives too short to be seen have left
 * their times in the status, and are told all the same.
 */
public final class StateChanges {
  private final Map<ContainerId, ObservedContainer> before = new LinkedHashMap<>();

  /**
   * One thing that happened.
   *
   * @param what created, started, healthy, unhealthy, exited, failed, lost, paused, unpaused,
   *     checkpointed, restored, removed ...
   * @param pid 0 unless it started or was restored
   * @param exitCode -1 unless it exited
   */
  public record Event(Instant at, ContainerId id, String what, long pid, int exitCode) {
    /**
     * A run has begun.
     *
     * @param restored by criu, where a checkpoint had ended the run before
     */
    static Event began(Instant at, ContainerId id, boolean restored, long pid) {
      return new Event(at, id, restored ? "restored" : "started", pid, -1);
    }

    /**
     * A run is over.
     *
     * @param code below 0 when nobody knows it
     * @param endedBy as in the status; of what is kept on disk there is no exit code yet
     */
    static Event ended(Instant at, ContainerId id, long code, String endedBy) {
      return endedBy.equals(Status.CHECKPOINT)
          ? new Event(at, id, "checkpointed", 0, -1)
          : new Event(at, id, "exited", 0, code < 0 ? -1 : (int) code);
    }
  }

  private final Function<ContainerId, Optional<Event>> lastEnd;

  /**
   * Looks for the first time: what is there already is no event.
   *
   * @param lastEnd how the last run of a container ended that was removed since
   */
  public StateChanges(Observed now, Function<ContainerId, Optional<Event>> lastEnd) {
    this.lastEnd = lastEnd;
    now.containers().forEach(container -> before.put(container.id(), container));
  }

  /** What happened since the last look, each container's own in the order of its life. */
  public List<Event> look(Observed now, Instant clock) {
    List<Event> events = new ArrayList<>();
    for (ObservedContainer container : now.containers()) {
      ObservedContainer old = before.get(container.id());
      if (!container.equals(old)) {
        between(old, container, clock, events);
        before.put(container.id(), container);
      }
    }
    for (ContainerId id : List.copyOf(before.keySet())) {
      if (now.find(id).isEmpty()) {
        unseenEnd(before.remove(id)).ifPresent(events::add);
        events.add(new Event(clock, id, "removed", 0, -1));
      }
    }
    return events;
  }

  /** Of a run that was still there at the last look. */
  private Optional<Event> unseenEnd(@org.jspecify.annotations.Nullable ObservedContainer gone) {
    if (gone == null || !gone.state().hasProcess()) {
      return Optional.empty();
    }
    long begun = gone.status().map(Status::startedAt).orElse(0L);
    return lastEnd
        .apply(gone.id())
        .filter(end -> !end.at().isBefore(Instant.ofEpochSecond(0, begun)));
  }

  private static void between(
      @org.jspecify.annotations.Nullable ObservedContainer old,
      ObservedContainer now,
      Instant clock,
      List<Event> events) {
    ContainerId id = now.id();
    if (old == null) {
      events.add(new Event(clock, id, "created", 0, -1));
    }
    RunState was = old == null ? RunState.CREATED : old.state();
    long begun = now.status().map(Status::startedAt).orElse(0L);
    long begunBefore = old == null ? 0 : old.status().map(Status::startedAt).orElse(0L);
    boolean anew = begun != 0 && begun != begunBefore;
    Status status = now.status().orElse(null);
    if (anew && status != null) {
      events.add(Event.began(status.started(), id, status.restored(), status.pid()));
    }
    Optional<Status.Health> health = now.status().flatMap(Status::health);
    Optional<Status.Health> before =
        old == null || anew ? Optional.empty() : old.status().flatMap(Status::health);
    if (now.state().hasProcess()
        && !health.equals(before)
        && health.filter(word -> word != Status.Health.STARTING).isPresent()) {
      events.add(new Event(clock, id, health.get().toString(), 0, -1));
    }
    if (now.state() == was && !anew) {
      return;
    }
    switch (now.state()) {
      case EXITED -> {
        Instant at = status != null && status.finishedAt() > 0 ? status.finished() : clock;
        String endedBy = status == null ? "" : status.endedBy();
        events.add(Event.ended(at, id, now.exitCode(), endedBy));
      }
      case RUNNING -> {
        if (was == RunState.PAUSED && !anew) {
          events.add(new Event(clock, id, "unpaused", 0, -1));
        }
      }
      case CREATED, STARTING -> {
        // What becomes of it is told when it is known.
      }
      default -> events.add(new Event(clock, id, now.state().toString(), 0, -1));
    }
  }
}
