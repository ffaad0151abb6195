package jstack.cli;

import java.util.List;
import jstack.engine.Sharers;
import jstack.manifest.LoadRequest;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.ProjectLock;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "stop", description = "Stop containers; start brings them back as they were.")
final class StopVerb implements Verb {
  @Mixin private final ManifestOptions options = new ManifestOptions.WithShortName();

  @Mixin private final LockOptions locking = new LockOptions();

  @Option(
      names = {"-t", "--timeout"},
      paramLabel = "SECONDS",
      description = "How long a container may take.")
  private @Nullable Integer timeout;

  @Parameters(arity = "0..*", paramLabel = "SERVICE")
  private List<String> words = List.of();

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
          .stop(alive, session.startWaves(), StopOptions.grace(timeout));
      if (alive.isEmpty()) {
        console.err().println("nothing to do");
      }
    }
    return ExitCode.DONE;
  }
}
