package jstack.cli;

import java.util.List;
import jstack.engine.Sharers;
import jstack.manifest.load.LoadRequest;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.ProjectLock;

final class StopVerb implements Verb {
  private final ManifestOptions options = new ManifestOptions();
  private final LockOptions locking = new LockOptions();
  private final StopOptions stopping = new StopOptions();
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about("Stop containers; start brings them back as they were.")
        .with(options)
        .with(locking)
        .with(stopping)
        .words("SERVICE", list -> words = list);
  }

  @Override
  public int run(Console console) {
    List<String> services = options.takeManifest(console, words);
    Session session = new Session(console, options, LoadRequest.Purpose.STOP);
    session.project();
    try (ProjectLock lock = session.lock("stop", locking)) {
      Observed observed = session.observed();
      List<ObservedContainer> chosen = session.select(observed, services);
      List<ObservedContainer> alive =
          Sharers.endingWith(chosen, observed, session.layout()).stream()
              .filter(container -> container.state().isAlive())
              .toList();
      session
          .executor(lock, new UpProgress(console.err(), false))
          .stop(alive, session.startWaves(), stopping.grace());
      if (alive.isEmpty()) {
        console.err().println("nothing to do");
      }
    }
    return ExitCode.DONE;
  }
}
