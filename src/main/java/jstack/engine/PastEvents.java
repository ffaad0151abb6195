package jstack.engine;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import jstack.linux.SmallFile;
import jstack.state.ContainerId;
import jstack.state.ExitRecord;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.Receipt;
import jstack.state.Receipts;
import jstack.state.StateLayout;
import jstack.state.Status;

/** What has become of containers before anybody looked, as far as they left records of it. */
public final class PastEvents {
  private static final Set<String> ENDS = Set.of("exited", "failed", "checkpointed");

  private PastEvents() {}

  /**
   * What is in the journal, the starts and ends of the runs of which receipts are kept, and those
   * of the last one.
   *
   * @param now the first look, behind which {@link StateChanges} goes on
   * @param at when that was
   * @return a list of the caller's own, by time
   */
  public static List<StateChanges.Event> of(StateLayout layout, Observed now, Instant at) {
    Map<List<Object>, StateChanges.Event> events = new LinkedHashMap<>();
    for (ObservedContainer container : now.containers()) {
      onRecord(layout, container.id()).forEach(event -> add(events, event));
    }
    new EventJournal(layout).of(now.project()).forEach(event -> add(events, event));
    List<StateChanges.Event> sorted = new ArrayList<>(events.values());
    sorted.removeIf(event -> event.at().isAfter(at));
    sorted.sort((a, b) -> a.at().compareTo(b.at()));
    return sorted;
  }

  /** How the last run ended of a container that is gone, as the journal has it. */
  public static Optional<StateChanges.Event> lastEnd(StateLayout layout, ContainerId id) {
    StateChanges.Event end = null;
    for (StateChanges.Event event : new EventJournal(layout).of(id.project())) {
      if (event.id().equals(id) && ENDS.contains(event.what())) {
        end = event;
      }
    }
    return Optional.ofNullable(end);
  }

  /** Keeps for later what leaves no record of its own. */
  public static void note(StateLayout layout, List<ContainerId> ids, String what) {
    Instant now = Instant.now();
    new EventJournal(layout)
        .add(ids.stream().map(id -> new StateChanges.Event(now, id, what, 0, -1)).toList());
  }

  /** A removal that was cut off has left its container's runs in the journal and on record. */
  private static void add(Map<List<Object>, StateChanges.Event> events, StateChanges.Event event) {
    events.putIfAbsent(List.of(event.at(), event.id(), event.what()), event);
  }

  /** What goes with the run directory of a container when it is removed. */
  static List<StateChanges.Event> onRecord(StateLayout layout, ContainerId id) {
    List<StateChanges.Event> events = new ArrayList<>();
    Optional<Status> status = Status.parse(text(layout.status(id)));
    long last = status.map(Status::startedAt).orElse(0L);
    Optional<Receipt> ofLast = Optional.empty();
    for (Receipt receipt : Receipts.of(layout, id)) {
      if (receipt.startedAt() == last) {
        ofLast = Optional.of(receipt);
        continue;
      }
      events.add(StateChanges.Event.began(receipt.started(), id, receipt.restored(), 0));
      receipt.finished().ifPresent(end -> events.add(ended(end, id, receipt)));
    }
    if (status.isPresent()) {
      if (last > 0) {
        events.add(began(status.get(), id));
      }
      events.addAll(end(layout, id, status.get(), ofLast));
    }
    return events;
  }

  private static List<StateChanges.Event> end(
      StateLayout layout, ContainerId id, Status status, Optional<Receipt> receipt) {
    return switch (status.phase()) {
      case STARTING -> List.of();
      case RUNNING -> endOf(layout, id, status, receipt);
      case FAILED ->
          status.finishedAt() <= 0
              ? List.of()
              : List.of(new StateChanges.Event(status.finished(), id, "failed", 0, -1));
      case EXITED, RESTARTING ->
          status.finishedAt() <= 0
              ? List.of()
              : List.of(
                  StateChanges.Event.ended(
                      status.finished(), id, status.exitCode(), status.endedBy()));
    };
  }

  /** Its supervisor may not have lived to see it. */
  private static List<StateChanges.Event> endOf(
      StateLayout layout, ContainerId id, Status status, Optional<Receipt> receipt) {
    Optional<ExitRecord> exit =
        ExitRecord.parse(text(layout.exitRecord(id)))
            .filter(record -> record.startTime() == status.startTime());
    if (exit.isPresent()) {
      Instant at = Instant.ofEpochSecond(0, exit.get().at());
      return List.of(StateChanges.Event.ended(at, id, exit.get().exitCode(), ""));
    }
    return receipt.flatMap(last -> last.finished().map(at -> ended(at, id, last))).stream()
        .toList();
  }

  private static StateChanges.Event began(Status status, ContainerId id) {
    return StateChanges.Event.began(status.started(), id, status.restored(), status.pid());
  }

  private static StateChanges.Event ended(Instant at, ContainerId id, Receipt receipt) {
    return StateChanges.Event.ended(at, id, receipt.exitCode(), receipt.endedBy());
  }

  private static String text(java.nio.file.Path file) {
    return SmallFile.text(file.toString(), StandardCharsets.UTF_8);
  }
}
