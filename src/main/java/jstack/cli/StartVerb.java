package jstack.cli;

import java.util.List;
import jstack.engine.Executor;
import jstack.manifest.LoadRequest;
import jstack.state.ObservedContainer;
import jstack.state.ProjectLock;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "start",
    description = {
      "Start containers that were stopped, as they were.",
      "What they depend on comes first, as with up, and its conditions are waited for. What ran to"
          + " completion with 0 is done, unless it is named."
    })
final class StartVerb implements Verb {
  @Mixin private final ManifestOptions options = new ManifestOptions.WithShortName();

  @Mixin private final LockOptions locking = new LockOptions();

  @Mixin private final Restarting restarting = new Restarting();

  @Parameters(arity = "0..*", paramLabel = "SERVICE")
  private List<String> words = List.of();

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
      Executor executor = session.executor(lock, new UpProgress(console.err(), false));
      restarting.start(session, executor, ended, "asked to start");
      if (ended.isEmpty()) {
        console.err().println("nothing to do");
      }
    }
    return ExitCode.DONE;
  }
}
