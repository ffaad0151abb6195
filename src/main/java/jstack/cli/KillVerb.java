package jstack.cli;

import java.util.List;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.engine.Signaller;
import jstack.linux.Signal;
import jstack.manifest.load.LoadRequest;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.ProjectLock;

final class KillVerb implements Verb {
  private final ManifestOptions options = new ManifestOptions();
  private final LockOptions locking = new LockOptions();
  private String signal = "SIGKILL";
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about("Send a signal to the commands of containers; paused ones go on, to hear it.")
        .with(options)
        .with(locking)
        .text(
            "-s, --signal",
            "SIGNAL",
            "SIGKILL if not given, which ends every process of the container.",
            value -> signal = value)
        .words("SERVICE", list -> words = list);
  }

  @Override
  public int run(Console console) {
    List<String> services = options.takeManifest(console, words);
    Signal sent =
        Signal.parse(signal)
            .orElseThrow(
                () ->
                    new DiagnosticException(
                        Failure.USAGE,
                        Diagnostic.error(Origin.NONE, "usage", "no signal " + signal)
                            .withHint("see signal(7); SIGTERM, TERM and 15 are the same")));
    Session session = new Session(console, options, LoadRequest.Purpose.STOP);
    Signaller signaller = new Signaller(session.layout());
    List<ObservedContainer> alive =
        session.select(session.observed(), services).stream()
            .filter(container -> container.state().isAlive())
            .toList();
    List<ObservedContainer> orphaned =
        alive.stream().filter(container -> !container.state().isSupervised()).toList();
    if (!orphaned.isEmpty()) {
      try (ProjectLock lock = session.lock("kill", locking)) {
        session.executor(lock, new UpProgress(console.err(), false)).adopt(orphaned);
      }
    }
    for (ObservedContainer container : alive) {
      ContainerId id = container.id();
      boolean heard = signaller.send(container, sent, () -> session.observer().observe(id));
      console.err().println(id.name() + "  " + (heard ? sent : "has just ended"));
    }
    if (alive.isEmpty()) {
      console.err().println("nothing runs");
    }
    return ExitCode.DONE;
  }
}
