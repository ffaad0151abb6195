package jstack.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import jstack.diag.DiagnosticException;
import jstack.engine.LogFollower;
import jstack.engine.StackWait;
import jstack.state.ObservedContainer;
import jstack.state.ProjectLock;
import jstack.state.RunState;
import org.jspecify.annotations.Nullable;

/** The end of an attached stack: Ctrl-C while it goes on kills what is left. */
final class Stopping {
  private static final long PAUSE_MILLIS = 50;

  private Stopping() {}

  /**
   * Stops the containers of services, in the order of their needs, and shows what those that are
   * followed still have to say.
   *
   * @param grace instead of each container's own; null leaves that
   */
  static void stop(
      Console console,
      Session session,
      Set<String> services,
      @Nullable Duration grace,
      AtomicInteger interrupts,
      LogFollower follower,
      LogFollower.Sink sink)
      throws IOException {
    AtomicInteger seen = new AtomicInteger(interrupts.get());
    AtomicReference<@Nullable DiagnosticException> trouble = new AtomicReference<>();
    Thread stopper =
        new Thread(
            () -> {
              // Another verb may be at it: whoever wishes the end waits for that, or kills.
              try (ProjectLock lock =
                  session.lock("up", LockOptions.patience(console, StackWait.USUAL))) {
                session
                    .executor(lock, new UpProgress(console.err(), false))
                    .stop(begun(session, services), session.startWaves(), grace);
              } catch (DiagnosticException e) {
                trouble.set(e);
              }
            },
            "stop");
    stopper.start();
    while (stopper.isAlive()) {
      try {
        follower.run(sink, () -> !stopper.isAlive() || interrupts.get() > seen.get());
        stopper.join(PAUSE_MILLIS); // All may have said their last, and not be cleared away yet.
      } catch (InterruptedException e) {
        interrupts.incrementAndGet();
      }
      int now = interrupts.get();
      if (now > seen.get()) {
        seen.set(now);
        kill(session, services);
      }
    }
    DiagnosticException failed = trouble.get();
    if (failed != null) {
      throw failed;
    }
  }

  /** A second wish to stop with no grace shortens the first one; see the control socket. */
  private static void kill(Session session, Set<String> services) {
    List<ObservedContainer> alive =
        of(session, services).stream().filter(c -> c.state().isAlive()).toList();
    new jstack.engine.Signaller(session.layout()).stopNow(alive, Duration.ZERO);
  }

  /** Those, too, whose start took longer than anybody would wait. */
  private static List<ObservedContainer> begun(Session session, Set<String> services) {
    return of(session, services).stream()
        .filter(container -> container.state().isAlive() || container.state() == RunState.STARTING)
        .toList();
  }

  /** Those, too, that somebody else has added since: their service is what was brought up. */
  private static List<ObservedContainer> of(Session session, Set<String> services) {
    return session.observed().containers().stream()
        .filter(container -> services.contains(container.id().service()))
        .filter(container -> !container.id().isOneOff())
        .toList();
  }
}
