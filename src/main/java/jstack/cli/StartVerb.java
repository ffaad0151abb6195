package jstack.cli;

import java.util.List;
import jstack.engine.Executor;
import jstack.manifest.load.LoadRequest;
import jstack.state.ObservedContainer;
import jstack.state.ProjectLock;

final class StartVerb implements Verb {
  private final ManifestOptions options = new ManifestOptions();
  private final LockOptions locking = new LockOptions();
  private final Restarting restarting = new Restarting();
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about(
            "Start containers that were stopped, as they were.",
            "What they depend on comes first, as with up, and its conditions are waited for. What"
                + " ran to completion with 0 is done, unless it is named.")
        .with(options)
        .with(locking)
        .with(restarting)
        .words("SERVICE", list -> words = list);
  }

  @Override
  public int run(Console console) {
    List<String> services = options.takeManifest(console, words);
    Session session = new Session(console, options, LoadRequest.Purpose.STOP);
    session.project();
    restarting.patience();
    try (ProjectLock lock = session.lock("start", locking)) {
      List<ObservedContainer> meant =
          session.select(session.observed(), services).stream()
              .filter(container -> !container.id().isOneOff())
              .toList();
      List<ObservedContainer> ended =
          Restarting.withNeeds(
              session,
              meant,
              id -> !services.isEmpty() && meant.stream().anyMatch(c -> c.id().equals(id)));
      if (session.hasManifest()) {
        session.network().mend();
      }
      UpProgress progress = new UpProgress(console.err(), false);
      Executor executor = session.executor(lock, progress);
      restarting.start(session, executor, ended, "asked to start");
      if (!Restarting.startNow(session, meant, progress) && ended.isEmpty()) {
        console.err().println("nothing to do");
      }
    }
    return ExitCode.DONE;
  }
}
