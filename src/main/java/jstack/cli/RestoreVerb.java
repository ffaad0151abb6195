package jstack.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import jstack.engine.EngineEvents;
import jstack.engine.Restorer;
import jstack.manifest.LoadRequest;
import jstack.manifest.Sharing;
import jstack.state.Checkpoint;
import jstack.state.CheckpointStore;
import jstack.state.ContainerId;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.ProjectLock;

final class RestoreVerb implements Verb {
  private final ManifestOptions options = new ManifestOptions();
  private final LockOptions locking = new LockOptions();
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about(
            "Let containers go on from where checkpoint ended them.",
            "A checkpoint that was restored is used up.")
        .with(options)
        .with(locking)
        .words("SERVICE", list -> words = list);
  }

  @Override
  public int run(Console console) {
    List<String> services = options.takeManifest(console, words);
    Session session = new Session(console, options, LoadRequest.Purpose.STOP);
    session.project();
    try (ProjectLock lock = session.lock("restore", locking)) {
      Restorer restorer =
          new Restorer(
              session.layout(),
              session.observer(),
              session.executor(lock, EngineEvents.SILENT),
              console.environment());
      List<Checkpoint> chosen = choose(session, services);
      if (chosen.isEmpty()) {
        console.err().println("nothing to do");
        return ExitCode.DONE;
      }
      if (session.hasManifest()) {
        session.network().mend();
      }
      restorer.restore(
          chosen,
          new EngineEvents() {
            @Override
            public void started(ContainerId id, long pid) {
              console.err().println(id.name() + "  restored");
            }
          });
    }
    return ExitCode.DONE;
  }

  /** Of those that were named each must have a checkpoint; else all that have one. */
  private static List<Checkpoint> choose(Session session, List<String> services) {
    CheckpointStore store = new CheckpointStore(session.layout());
    Observed observed = session.observed();
    Set<ContainerId> ids = new TreeSet<>();
    for (ContainerId id : store.of(session.project())) {
      if (services.isEmpty() || services.contains(id.service()) || services.contains(id.name())) {
        ids.add(id);
      }
    }
    for (String service : services) {
      boolean kept = ids.stream().anyMatch(id -> is(id, service));
      if (!kept) {
        session.select(observed, List.of(service)).stream()
            .map(ObservedContainer::id)
            .filter(id -> !Sharing.isHolder(id.service()))
            .forEach(ids::add);
      }
      if (ids.stream().noneMatch(id -> is(id, service))) {
        ids.add(ContainerId.of(session.project(), service, 1));
      }
    }
    List<Checkpoint> chosen = new ArrayList<>();
    for (ContainerId id : ids) {
      Checkpoint checkpoint = Restorer.find(store, id);
      Restorer.require(checkpoint, observed.find(id).orElse(null));
      chosen.add(checkpoint);
    }
    return chosen;
  }

  private static boolean is(ContainerId id, String word) {
    return id.service().equals(word) || id.name().equals(word);
  }
}
