package jstack.engine;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.Receipt;
import jstack.state.Receipts;
import jstack.state.RunState;
import jstack.state.StateLayout;
import jstack.state.Status;

/** What has become of containers before anybody looked, as far as they left records of it. */
public final class PastEvents {
  private PastEvents() {}

  /**
   * The starts and ends of the runs of which receipts are kept, and those of the last one.
   *
   * @param now the first look, behind which {@link StateChanges} goes on
   * @return a list of the caller's own, by time
   */
  public static List<StateChanges.Event> of(StateLayout layout, Observed now) {
    List<StateChanges.Event> events = new ArrayList<>();
    for (ObservedContainer container : now.containers()) {
      long last = container.status().map(Status::startedAt).orElse(0L);
      for (Receipt receipt : Receipts.of(layout, container.id())) {
        if (receipt.startedAt() < last) {
          events.add(new StateChanges.Event(receipt.started(), container.id(), "started", 0, -1));
          receipt.finished().ifPresent(at -> events.add(exited(container, at, receipt.exitCode())));
        }
      }
      if (last > 0 && container.status().isPresent()) {
        add(events, container, container.status().get());
      }
    }
    events.sort((a, b) -> a.at().compareTo(b.at()));
    return events;
  }

  private static StateChanges.Event exited(ObservedContainer container, Instant at, long code) {
    return new StateChanges.Event(at, container.id(), "exited", 0, code < 0 ? -1 : (int) code);
  }

  private static void add(
      List<StateChanges.Event> events, ObservedContainer container, Status status) {
    events.add(
        new StateChanges.Event(status.started(), container.id(), "started", status.pid(), -1));
    boolean ended =
        container.state() == RunState.EXITED || container.state() == RunState.RESTARTING;
    if (ended && status.finishedAt() > 0) {
      events.add(
          new StateChanges.Event(
              status.finished(), container.id(), "exited", 0, container.exitCode()));
    }
  }
}
