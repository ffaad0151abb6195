package jstack.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import jstack.engine.Executor;
import jstack.engine.Layers;
import jstack.engine.NetworkRunner;
import jstack.engine.Sharers;
import jstack.engine.StackNetwork;
import jstack.engine.Volumes;
import jstack.manifest.load.LoadRequest;
import jstack.state.ContainerId;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.ProjectLock;

final class DownVerb implements Verb {
  private final ManifestOptions options = new ManifestOptions();
  private final LockOptions locking = new LockOptions();
  private boolean volumes;
  private final StopOptions stopping = new StopOptions();
  private final QuietOption quiet = new QuietOption();
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about(
            "Stop and remove the containers of a project, those too that the manifest no longer"
                + " knows.",
            "What they wrote is kept until -v, and so are the volumes that the project made.")
        .with(options)
        .with(locking)
        .flag(
            "-v, --volumes",
            "Remove what the containers wrote, too, and without SERVICE the volumes.",
            on -> volumes = on)
        .with(stopping)
        .flag("--remove-orphans", "Accepted for Compose's sake: down always does.", on -> {})
        .with(quiet)
        .words("SERVICE", list -> words = list);
  }

  @Override
  public int run(Console console) throws IOException {
    List<String> services = options.takeManifest(console, words);
    Session session = new Session(console, options, LoadRequest.Purpose.STOP);
    Observed before = session.observed();
    // A run that was killed may have left the project's folder without a container in it.
    boolean known = Files.exists(session.layout().project(session.project()));
    boolean nothing = !known && !(volumes && hasLayers(session)) && !hasStrayIds(session);
    if (nothing) {
      session.store().sweep();
      session.select(before, services);
      say(console, "nothing to do");
      return ExitCode.DONE;
    }
    try (ProjectLock lock = session.lock("down", locking)) {
      Observed observed = session.observed();
      List<ObservedContainer> chosen = session.select(observed, services);
      chosen.forEach(container -> sayOutOfMemory(console, container));
      Executor executor = session.executor(lock, new UpProgress(console.err(), quiet.isOn()));
      List<ObservedContainer> ending =
          Sharers.endingWith(chosen, observed, session.layout()).stream()
              .filter(container -> container.state().isAlive())
              .toList();
      executor.stop(ending, session.startWaves(), stopping.grace());
      executor.remove(
          ending.isEmpty() ? chosen : session.select(session.observed(), services),
          session.startWaves(),
          stopping.grace());
      boolean all = chosen.size() == observed.containers().size();
      disconnect(session, observed, chosen, all);
      if (all) {
        executor.forgetProject(session.project());
      }
      Layers layers = new Layers(session.layout());
      if (volumes) {
        if (services.isEmpty()) {
          layers.removeAll(session.project());
          removeVolumes(console, session);
        } else {
          chosen.forEach(container -> layers.remove(container.id()));
        }
      } else {
        chosen.forEach(container -> layers.releaseUnlessKept(container.id()));
        if (all) {
          layers.releaseUnlessKept(session.project());
        }
      }
      session.store().sweep();
    }
    return ExitCode.DONE;
  }

  /** Those who stay lose the names and the published ports of those who went. */
  static void disconnect(
      Session session, Observed observed, List<ObservedContainer> gone, boolean all) {
    NetworkRunner runner = new NetworkRunner(session.layout(), session.project());
    Set<ContainerId> left = new LinkedHashSet<>();
    observed.containers().stream().filter(c -> !gone.contains(c)).forEach(c -> left.add(c.id()));
    NetworkRunner.alone(
        () -> {
          if (all) {
            runner.remove();
          } else {
            runner.drop(gone.stream().map(container -> container.id().name()).toList());
          }
          return all;
        });
    if (!all && session.hasManifest()) {
      StackNetwork network = session.network();
      if (network.changes(network.compile(left)).byContainer().isEmpty()) {
        network.apply(left);
      }
    }
  }

  /** The last chance to hear of it: the record goes. */
  private void sayOutOfMemory(Console console, ObservedContainer container) {
    OutOfMemory.line(container).ifPresent(line -> say(console, line));
  }

  /** Who is kept keeps its ids; others that have some were never made. */
  private static boolean hasStrayIds(Session session) {
    Layers layers = new Layers(session.layout());
    return !layers.exist(session.project()) && layers.haveIds(session.project());
  }

  private static boolean hasLayers(Session session) {
    return new Layers(session.layout()).exist(session.project())
        || !new Volumes(session.layout()).of(session.project()).isEmpty();
  }

  /** Those that the project made; who still has one from another project keeps it. */
  private void removeVolumes(Console console, Session session) {
    Volumes volumes = new Volumes(session.layout());
    for (String name : volumes.of(session.project())) {
      List<ContainerId> users = Volumes.users(session.layout(), session.observer(), name);
      if (users.isEmpty()) {
        volumes.remove(name);
        say(console, name + "  volume removed");
      } else {
        String kept = "the volume " + name + " is kept: " + VolumesVerb.names(users) + " has it";
        console.err().println("warning: " + kept);
      }
    }
  }

  private void say(Console console, String line) {
    if (!quiet.isOn()) {
      console.err().println(line);
    }
  }
}
