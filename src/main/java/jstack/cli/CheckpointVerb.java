package jstack.cli;

import java.util.List;
import jstack.diag.DiagnosticException;
import jstack.engine.Checkpointer;
import jstack.engine.EngineEvents;
import jstack.manifest.Sharing;
import jstack.manifest.load.LoadRequest;
import jstack.state.ObservedContainer;
import jstack.state.ProjectLock;

final class CheckpointVerb implements Verb {
  private final ManifestOptions options = new ManifestOptions();
  private final LockOptions locking = new LockOptions();
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about(
            "Keep the processes of containers on disk, with criu, and end them.",
            "restore lets them go on from there; start and up begin them afresh.")
        .with(options)
        .with(locking)
        .words("SERVICE", list -> words = list);
  }

  @Override
  public int run(Console console) {
    List<String> services = options.takeManifest(console, words);
    Session session = new Session(console, options, LoadRequest.Purpose.STOP);
    session.project();
    try (ProjectLock lock = session.lock("checkpoint", locking)) {
      Checkpointer checkpointer =
          new Checkpointer(
              session.layout(), session.executor(lock, EngineEvents.SILENT), console.environment());
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
      checkpointer.require(alive);
      for (ObservedContainer container : alive) {
        checkpointer.checkpoint(container);
        console.err().println(container.id().name() + "  checkpointed");
      }
      if (alive.isEmpty()) {
        console.err().println("nothing to do");
      }
    }
    return ExitCode.DONE;
  }
}
