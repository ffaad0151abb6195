package jstack.cli;

import java.util.List;
import jstack.manifest.LoadRequest;
import jstack.state.ObservedContainer;
import jstack.state.ProjectLock;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "start", description = "Start containers that were stopped, as they were.")
final class StartVerb implements Verb {
  @Mixin private final ManifestOptions options = new ManifestOptions.WithShortName();

  @Mixin private final LockOptions locking = new LockOptions();

  @Parameters(arity = "0..*", paramLabel = "SERVICE")
  private List<String> words = List.of();

  @Override
  public int run(Console console) {
    List<String> services = options.takeManifest(console, words);
    Session session = new Session(console, options, LoadRequest.Purpose.STOP);
    session.project();
    try (ProjectLock lock = session.lock("start", locking)) {
      List<ObservedContainer> ended =
          session.select(session.observed(), services).stream()
              .filter(container -> !container.state().isAlive() && !container.id().isOneOff())
              .toList();
      if (session.hasManifest()) {
        session.network().mend();
      }
      session
          .executor(lock, new UpProgress(console.err(), false))
          .startAgain(ended, session.startWaves(), "asked to start");
      if (ended.isEmpty()) {
        console.err().println("nothing to do");
      }
    }
    return ExitCode.DONE;
  }
}
