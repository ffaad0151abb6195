package jstack.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import jstack.engine.LogFollower;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.ProjectLock;
import org.jspecify.annotations.Nullable;

/** The end of an attached stack: Ctrl-C while it goes on kills what is left. */
final class Stopping {
  private Stopping() {}

  /**
   * Stops containers, in the order of their needs, and shows what they still have to say.
   *
   * @param grace instead of each container's own; null leaves that
   */
  static void stop(
      Console console,
      Session session,
      List<ContainerId> ids,
      @Nullable Duration grace,
      AtomicInteger interrupts,
      LogFollower follower,
      LogFollower.Sink sink)
      throws IOException {
    int seen = interrupts.get();
    Thread stopper =
        new Thread(
            () -> {
              try (ProjectLock lock = session.lock("up")) {
                session
                    .executor(lock, new UpProgress(console.err(), false))
                    .stop(alive(session, ids), session.startWaves(), grace);
              }
            },
            "stop");
    stopper.start();
    while (stopper.isAlive()) {
      try {
        follower.run(sink, () -> !stopper.isAlive() || interrupts.get() > seen);
        stopper.join();
      } catch (InterruptedException e) {
        kill(session, ids);
      }
      if (interrupts.get() > seen) {
        kill(session, ids);
      }
    }
  }

  /** A second wish to stop with no grace shortens the first one; see the control socket. */
  private static void kill(Session session, List<ContainerId> ids) {
    new jstack.engine.Signaller(session.layout()).stopNow(alive(session, ids), Duration.ZERO);
  }

  private static List<ObservedContainer> alive(Session session, List<ContainerId> ids) {
    return session.observed().containers().stream()
        .filter(container -> ids.contains(container.id()) && container.state().isAlive())
        .toList();
  }
}
