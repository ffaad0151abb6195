package jstack.engine;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.linux.Signal;
import jstack.state.ObservedContainer;
import jstack.state.StateLayout;
import jstack.state.Status;

/**
 * Signals for the commands of containers, through their supervisors; no lock is needed for them.
 */
public final class Signaller {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final Duration LAST_STEPS = Duration.ofSeconds(1);
  private static final long PAUSE_NANOS = 10_000_000L;

  private final StateLayout layout;

  public Signaller(StateLayout layout) {
    this.layout = layout;
  }

  /**
   * Sends a signal; SIGKILL ends every process of the container.
   *
   * @param again how the container is when it could not be asked
   * @return false when that run of it was over by then
   */
  public boolean send(
      ObservedContainer container, Signal signal, Supplier<Optional<ObservedContainer>> again) {
    String why;
    try (ShimClient client =
        ShimClient.send(layout.control(container.id()), "kill " + signal.number())) {
      Optional<String> answer = client.await(PATIENCE);
      if (answer.equals(Optional.of("ok"))) {
        return true;
      }
      why = "does not answer";
    } catch (IOException e) {
      why = ShimClient.whyUnsent(layout.control(container.id()));
    }
    if (isOver(container, again)) {
      return false;
    }
    throw cannot(container, "its supervisor " + why);
  }

  /** The last that a supervisor does takes a moment in which it cannot be asked any more. */
  private static boolean isOver(
      ObservedContainer container, Supplier<Optional<ObservedContainer>> again) {
    long deadline = System.nanoTime() + LAST_STEPS.toNanos();
    while (true) {
      ObservedContainer now = again.get().orElse(null);
      if (now == null || !now.state().isAlive() || !run(now).equals(run(container))) {
        return true;
      }
      if (System.nanoTime() > deadline) {
        return false;
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  private static Optional<Long> run(ObservedContainer container) {
    return container.status().map(Status::startTime);
  }

  /**
   * Lets a container that waits for its next start have it now; its attempts count on.
   *
   * @return false when it did not wait any more
   */
  public boolean startNow(ObservedContainer container) {
    try (ShimClient client = ShimClient.send(layout.control(container.id()), "start")) {
      return client.await(PATIENCE).equals(Optional.of("ok"));
    } catch (IOException e) {
      return false; // It was stopped meanwhile.
    }
  }

  /** Shortens the grace of containers that are being stopped already; does not wait. */
  public void stopNow(List<ObservedContainer> containers, Duration grace) {
    for (ObservedContainer container : containers) {
      try {
        ShimClient.send(
                layout.control(container.id()),
                "stop " + Signal.KILL.number() + " " + grace.toMillis())
            .close();
      } catch (IOException e) {
        // It has ended meanwhile.
      }
    }
  }

  private static DiagnosticException cannot(ObservedContainer container, String why) {
    return new DiagnosticException(
        Failure.OPERATION,
        Diagnostic.error(
                Origin.NONE, "cannot-signal", "cannot signal " + container.id().name() + ": " + why)
            .withHint("jstack up puts it right"));
  }
}
