package jstack.engine;

import java.util.List;
import java.util.Optional;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.manifest.Condition;
import jstack.state.ContainerId;
import jstack.state.HealthRecord;
import jstack.state.ObservedContainer;
import jstack.state.Observer;
import jstack.state.StateLayout;
import jstack.state.Status;

/** The words about waits, and the pace of them. */
final class Waiting {
  /** Between two looks at the status files; the first ones come quicker, for quick jobs. */
  private static final long MOST_MILLIS = 20;

  private final StateLayout layout;
  private final Observer observer;
  private long millis = 1;

  Waiting(StateLayout layout, Observer observer) {
    this.layout = layout;
    this.observer = observer;
  }

  /** Lets a little time go by; a look costs a read of a file in memory and two of /proc. */
  void pause() {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw cancelled();
    }
    millis = Math.min(MOST_MILLIS, millis * 2);
  }

  static DiagnosticException cancelled() {
    return new DiagnosticException(
        Failure.CANCELLED, Diagnostic.error(Origin.NONE, "cancelled", "cancelled"));
  }

  /** Why a container will never fulfil a condition: {@code db-1 ended with exit code 3}. */
  String whyBroken(Condition condition, ContainerId id) {
    Optional<ObservedContainer> seen = observer.observe(id);
    if (seen.isEmpty()) {
      return id.name() + " is gone";
    }
    ObservedContainer container = seen.get();
    return switch (container.state()) {
      case EXITED -> {
        boolean early = condition != Condition.COMPLETED && container.exitCode() == 0;
        yield id.name()
            + " ended with exit code "
            + container.exitCode()
            + (early ? " already" : "");
      }
      case FAILED -> id.name() + " could not be started";
      case LOST -> id.name() + " is gone without an exit code";
      default -> id.name() + " is " + health(container);
    };
  }

  /** {@code db-1 is not healthy after 30 s}. */
  static String whyLate(Condition condition, ContainerId id, long seconds) {
    String what =
        switch (condition) {
          case STARTED -> " has not started";
          case HEALTHY -> " is not healthy";
          case COMPLETED -> " has not ended";
        };
    return id.name() + what + " after " + seconds + " s";
  }

  private static String health(ObservedContainer container) {
    return container
        .status()
        .flatMap(Status::health)
        .map(Status.Health::toString)
        .orElse(container.state().toString());
  }

  /** What the last health check said, for the reader of an error; none when there was none. */
  List<String> lastHealthOutput(ContainerId id) {
    String text = HealthRecord.read(layout, id).map(HealthRecord::output).orElse("").strip();
    if (text.isEmpty()) {
      return List.of();
    }
    List<String> lines = text.lines().toList();
    List<String> last = lines.subList(Math.max(0, lines.size() - 5), lines.size());
    return last.stream().map(line -> id.name() + " health: " + line).toList();
  }
}
