package jstack.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.linux.CrashPoint;
import jstack.program.SupervisorInstruction;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.Receipt;
import jstack.state.Receipts;
import jstack.state.StateLayout;
import org.jspecify.annotations.Nullable;

/** Ends containers through their supervisors: the signal, the grace, then the whole cgroup. */
final class Stopper {
  /** What a supervisor needs after the grace to kill, drain, clear away and answer. */
  private static final Duration MARGIN = Duration.ofSeconds(10);

  private static final Duration PING = Duration.ofSeconds(1);

  private final StateLayout layout;
  private final EngineEvents events;

  Stopper(StateLayout layout, EngineEvents events) {
    this.layout = layout;
    this.events = events;
  }

  private record Pending(ObservedContainer container, ShimClient client, Duration deadline) {}

  /**
   * Stops containers side by side and waits for all of them.
   *
   * @param grace instead of each one's own; null leaves that
   * @return those whose supervisor did not answer and that have to be cleared away from outside
   */
  List<ObservedContainer> stop(List<ObservedContainer> containers, @Nullable Duration grace) {
    List<Pending> pending = new ArrayList<>();
    List<ObservedContainer> unanswered = new ArrayList<>();
    for (ObservedContainer container : containers) {
      events.stopping(container.id());
      SupervisorInstruction.Stop how = how(container, grace);
      Path socket = layout.control(container.id());
      CrashPoint.at("ask a supervisor to stop");
      try {
        String request = "stop " + how.signal() + " " + how.graceMillis();
        Duration deadline = Duration.ofMillis(how.graceMillis()).plus(MARGIN);
        pending.add(new Pending(container, ShimClient.send(socket, request), deadline));
      } catch (IOException e) {
        // It has ended, or its socket was removed: then it would go on beside whoever clears away.
        new SupervisorKiller(layout).kill(container.id());
        unanswered.add(container);
      }
    }
    for (Pending one : pending) {
      if (!await(one)) {
        unanswered.add(one.container());
      }
    }
    return unanswered;
  }

  private boolean await(Pending pending) {
    try (ShimClient client = pending.client()) {
      CrashPoint.at("wait for a container to stop");
      Optional<String> answer = client.await(pending.deadline());
      if (answer.isEmpty() && !answersPing(pending.container())) {
        new SupervisorKiller(layout).kill(pending.container().id());
        return false;
      }
      if (answer.isEmpty()) {
        throw new DiagnosticException(
            Failure.TIMEOUT,
            Diagnostic.error(
                    Origin.NONE,
                    "stop-timeout",
                    pending.container().id()
                        + " did not end within "
                        + pending.deadline().toSeconds()
                        + " s")
                .withHint(
                    "a process of it waits for a device or a server; see them with jstack top"));
      }
      String[] words = answer.get().split(" ", -1);
      if (words.length == 2 && words[0].equals("exited")) {
        ContainerId id = pending.container().id();
        Optional<Receipt> receipt =
            pending.container().status().flatMap(status -> Receipts.of(layout, id, status));
        events.stopped(id, Integer.parseInt(words[1]), receipt.orElse(null));
        return true;
      }
      return false;
    } catch (IOException e) {
      return false;
    }
  }

  /** Whether a supervisor does its work, and it is the container that does not end. */
  private boolean answersPing(ObservedContainer container) {
    try (ShimClient client = ShimClient.send(layout.control(container.id()), "ping")) {
      return client.await(PING).isPresent();
    } catch (IOException e) {
      return false;
    }
  }

  private static SupervisorInstruction.Stop how(
      ObservedContainer container, @Nullable Duration grace) {
    SupervisorInstruction.Stop own =
        container
            .program()
            .flatMap(program -> program.all(SupervisorInstruction.Stop.class).findFirst())
            .orElse(new SupervisorInstruction.Stop(15, 10_000));
    return grace == null ? own : new SupervisorInstruction.Stop(own.signal(), grace.toMillis());
  }
}
