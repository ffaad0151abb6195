package jstack.cli;

import java.time.Duration;
import java.util.List;
import jstack.diag.DiagnosticException;
import jstack.engine.Freezer;
import jstack.engine.PastEvents;
import jstack.manifest.Sharing;
import jstack.manifest.load.LoadRequest;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.ProjectLock;

final class PauseVerb implements Verb {
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private final ManifestOptions options = new ManifestOptions();
  private final LockOptions locking = new LockOptions();
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about(
            "Make every process of containers stand still; unpause lets them go on.",
            "stop, kill and down work on them as on others.")
        .with(options)
        .with(locking)
        .words("SERVICE", list -> words = list);
  }

  @Override
  public int run(Console console) throws InterruptedException {
    return run(console, options, locking, words, true);
  }

  @SuppressWarnings("try") // The lock is held, and nothing else is done with it.
  static int run(
      Console console,
      ManifestOptions options,
      LockOptions locking,
      List<String> words,
      boolean pause)
      throws InterruptedException {
    List<String> services = options.takeManifest(console, words);
    Session session = new Session(console, options, LoadRequest.Purpose.STOP);
    session.project();
    try (ProjectLock lock = session.lock(pause ? "pause" : "unpause", locking)) {
      List<ObservedContainer> alive =
          session.select(session.observed(), services).stream()
              .filter(container -> container.state().hasProcess())
              .filter(container -> !Sharing.isHolder(container.id().service()))
              .toList();
      if (alive.isEmpty() && !services.isEmpty()) {
        throw DiagnosticException.operation(
            "not-running",
            String.join(", ", services) + (services.size() > 1 ? " do" : " does") + " not run",
            "jstack up -d starts it");
      }
      Freezer freezer = new Freezer(PATIENCE);
      List<ContainerId> changed = pause ? freezer.pause(alive) : freezer.unpause(alive);
      changed.forEach(id -> console.err().println(id.name() + (pause ? "  paused" : "  goes on")));
      PastEvents.note(session.layout(), changed, pause ? "paused" : "unpaused");
      if (changed.isEmpty()) {
        console.err().println("nothing to do");
      }
    }
    return ExitCode.DONE;
  }
}
