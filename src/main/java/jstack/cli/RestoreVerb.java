package jstack.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.engine.Connector;
import jstack.engine.DesiredState;
import jstack.engine.EngineEvents;
import jstack.engine.Restorer;
import jstack.engine.StackConnector;
import jstack.manifest.Sharing;
import jstack.manifest.load.LoadRequest;
import jstack.program.MountInstruction;
import jstack.program.NamespaceInstruction;
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
      List<Checkpoint> chosen = choose(console, session, restorer, services);
      if (chosen.isEmpty()) {
        console.err().println("nothing to do");
        return ExitCode.DONE;
      }
      restorer.restore(
          chosen,
          surroundings(session, chosen),
          new EngineEvents() {
            @Override
            public void started(ContainerId id, long pid) {
              console.err().println(id.name() + "  restored");
            }
          });
    }
    return ExitCode.DONE;
  }

  /**
   * Networks and files of those that were taken down since are made as at an up; those of the
   * others are there, or are mended.
   */
  private static Connector surroundings(Session session, List<Checkpoint> chosen) {
    Observed observed = session.observed();
    List<Checkpoint> gone =
        chosen.stream().filter(each -> observed.find(each.id()).isEmpty()).toList();
    if (!session.hasManifest()) {
      requireNothing(session, gone);
      return Connector.NONE;
    }
    if (gone.isEmpty()) {
      session.network().mend();
      return Connector.NONE;
    }
    Set<ContainerId> all = new TreeSet<>();
    observed.containers().forEach(container -> all.add(container.id()));
    DesiredState desired = session.desiredState(true);
    for (Checkpoint each : gone) {
      desired.provide(session.service(each.id().service()), each.id());
      all.add(each.id());
    }
    session.network().checkPorts(all);
    session.record(session.manifest());
    return new StackConnector(session.network(), all);
  }

  /** Without a manifest nobody knows what to make. */
  private static void requireNothing(Session session, List<Checkpoint> gone) {
    for (Checkpoint each : gone) {
      String kept = session.layout().project(session.project()) + "/";
      boolean needs =
          each.program().all(NamespaceInstruction.JoinNamespace.class).findAny().isPresent()
              || each.program()
                  .all(MountInstruction.OpenTree.class)
                  .anyMatch(tree -> tree.source().value().startsWith(kept));
      if (needs) {
        throw DiagnosticException.operation(
            "cannot-restore",
            each.id().name() + " was taken down, and its networks and files with it",
            "name its manifest instead of -p " + session.project() + ": they are made from that");
      }
    }
  }

  /** Of those that were named each must have a checkpoint; else all that have one they fit. */
  private static List<Checkpoint> choose(
      Console console, Session session, Restorer restorer, List<String> services) {
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
    List<Diagnostic> unfit = new ArrayList<>();
    for (ContainerId id : ids) {
      try {
        chosen.add(restorer.require(id, observed.find(id).orElse(null)));
      } catch (DiagnosticException e) {
        unfit.addAll(e.diagnostics());
      }
    }
    if (!unfit.isEmpty() && (chosen.isEmpty() || !services.isEmpty())) {
      throw new DiagnosticException(Failure.OPERATION, unfit);
    }
    unfit.forEach(each -> console.err().println("not restored: " + each.message()));
    return chosen;
  }

  private static boolean is(ContainerId id, String word) {
    return id.service().equals(word) || id.name().equals(word);
  }
}
