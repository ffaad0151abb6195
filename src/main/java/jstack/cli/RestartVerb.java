package jstack.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import jstack.engine.Executor;
import jstack.engine.Sharers;
import jstack.manifest.Dependency;
import jstack.manifest.Sharing;
import jstack.manifest.load.LoadRequest;
import jstack.state.ContainerId;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.ProjectLock;

final class RestartVerb implements Verb {
  private final ManifestOptions options = new ManifestOptions();
  private final LockOptions locking = new LockOptions();
  private final StopOptions stopping = new StopOptions();
  private final Restarting restarting = new Restarting();
  private boolean noDependencies;
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about(
            "Stop and start containers as they are; up takes a changed manifest into account.",
            "Those that depend on one with restart: true come along, and as with up the conditions"
                + " are waited for.")
        .with(options)
        .with(locking)
        .with(stopping)
        .with(restarting)
        .flag(
            "--no-deps",
            "Neither those that depend on them with restart: true, nor what they need.",
            on -> noDependencies = on)
        .words("SERVICE", list -> words = list);
  }

  @Override
  public int run(Console console) {
    List<String> services = options.takeManifest(console, words);
    Session session = new Session(console, options, LoadRequest.Purpose.STOP);
    session.project();
    restarting.patience();
    try (ProjectLock lock = session.lock("restart", locking)) {
      Observed observed = session.observed();
      List<ObservedContainer> named =
          session.select(observed, services).stream()
              .filter(container -> !container.id().isOneOff())
              .filter(container -> !Sharing.isHolder(container.id().service()))
              .toList();
      List<ObservedContainer> chosen =
          Sharers.with(
              noDependencies ? named : withDependants(session, named, observed),
              observed,
              session.layout());
      Executor executor = session.executor(lock, new UpProgress(console.err(), false));
      List<ObservedContainer> alive = chosen.stream().filter(c -> c.state().isAlive()).toList();
      executor.stop(alive, session.startWaves(), stopping.grace());
      List<ObservedContainer> ended =
          chosen.stream()
              .flatMap(container -> session.observer().observe(container.id()).stream())
              .toList();
      if (session.hasManifest()) {
        session.network().mend();
      }
      Predicate<ContainerId> again =
          id -> (services.isEmpty() ? alive : chosen).stream().anyMatch(c -> c.id().equals(id));
      List<ObservedContainer> starting =
          noDependencies ? ended : Restarting.withNeeds(session, ended, again);
      restarting.start(session, executor, starting, "asked to restart");
    }
    return ExitCode.DONE;
  }

  /** With those that run and whose {@code depends_on} says restart: true of one of them. */
  private static List<ObservedContainer> withDependants(
      Session session, List<ObservedContainer> named, Observed observed) {
    Map<String, List<Dependency>> needs = session.projectRecord().needs();
    List<ObservedContainer> all = new ArrayList<>(named);
    for (int i = 0; i < all.size(); i++) {
      String service = all.get(i).id().service();
      for (Map.Entry<String, List<Dependency>> other : needs.entrySet()) {
        boolean follows =
            other.getValue().stream().anyMatch(d -> d.restart() && d.service().equals(service));
        for (ObservedContainer container :
            follows ? observed.of(other.getKey()) : List.<ObservedContainer>of()) {
          if (container.state().isAlive() && !all.contains(container)) {
            all.add(container);
          }
        }
      }
    }
    return all;
  }
}
