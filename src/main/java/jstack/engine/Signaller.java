package jstack.engine;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.linux.Signal;
import jstack.state.ObservedContainer;
import jstack.state.StateLayout;

/**
 * Signals for the commands of containers, through their supervisors; no lock is needed for them.
 */
public final class Signaller {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final StateLayout layout;

  public Signaller(StateLayout layout) {
    this.layout = layout;
  }

  /** Sends a signal; SIGKILL ends every process of the container. */
  public void send(ObservedContainer container, Signal signal) {
    try (ShimClient client =
        ShimClient.send(layout.control(container.id()), "kill " + signal.number())) {
      Optional<String> answer = client.await(PATIENCE);
      if (!answer.equals(Optional.of("ok"))) {
        throw cannot(container, "its supervisor does not answer");
      }
    } catch (IOException e) {
      throw cannot(
          container, "its supervisor " + ShimClient.whyUnsent(layout.control(container.id())));
    }
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
