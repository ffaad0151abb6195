package jstack.cli;

import java.time.Duration;
import java.util.List;
import jstack.diag.DiagnosticException;
import jstack.engine.Executor;
import jstack.engine.Layers;
import jstack.engine.Sharers;
import jstack.manifest.load.LoadRequest;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.ProjectLock;

final class RmVerb implements Verb {
  private final ManifestOptions options = new ManifestOptions.WithLongName();
  private boolean force;
  private boolean stop;
  private boolean volumes;
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about(
            "Remove containers that have ended; what they wrote is kept until -v.",
            "One that was named and runs is refused without -s or -f, and then nothing is removed.")
        .with(options)
        .flag("-f, --force", "Kill those that run.", on -> force = on)
        .flag("-s, --stop", "Stop those that run first, as stop does.", on -> stop = on)
        .flag("-v, --volumes", "Remove what they wrote, too.", on -> volumes = on)
        .words("SERVICE", list -> words = list);
  }

  @Override
  public int run(Console console) {
    List<String> services = options.takeManifest(console, words);
    Session session = new Session(console, options, LoadRequest.Purpose.STOP);
    session.project();
    try (ProjectLock lock = session.lock("rm")) {
      Observed observed = session.observed();
      List<ObservedContainer> named = session.select(observed, services);
      boolean ends = force || stop;
      if (!ends && !services.isEmpty()) {
        named.forEach(RmVerb::requireOver);
      }
      List<ObservedContainer> going =
          named.stream().filter(container -> ends || !container.state().isAlive()).toList();
      if (going.isEmpty()) {
        console.err().println("nothing to do");
        return ExitCode.DONE;
      }
      Executor executor = session.executor(lock, new UpProgress(console.err(), false));
      Duration grace = force ? Duration.ZERO : null;
      List<ObservedContainer> ending =
          Sharers.endingWith(going, observed, session.layout()).stream()
              .filter(container -> container.state().isAlive())
              .toList();
      executor.stop(ending, session.startWaves(), grace);
      Observed after = ending.isEmpty() ? observed : session.observed();
      List<ObservedContainer> ended =
          going.stream().flatMap(container -> after.find(container.id()).stream()).toList();
      executor.remove(ended, session.startWaves(), grace);
      boolean all = ended.size() == observed.containers().size();
      DownVerb.disconnect(session, observed, going, all);
      if (all) {
        executor.forgetProject(session.project());
      }
      Layers layers = new Layers(session.layout());
      for (ObservedContainer container : ended) {
        if (volumes) {
          layers.remove(container.id());
        } else {
          layers.releaseUnlessKept(container.id());
        }
      }
    }
    return ExitCode.DONE;
  }

  private static void requireOver(ObservedContainer container) {
    if (container.state().isAlive()) {
      throw DiagnosticException.operation(
          "still-runs",
          container.id().name() + " runs; nothing was removed",
          "-s stops it first, -f kills it");
    }
  }
}
