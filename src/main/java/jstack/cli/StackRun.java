package jstack.cli;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Inputs;
import jstack.diag.Origin;
import jstack.engine.Connector;
import jstack.engine.DesiredState;
import jstack.engine.LayerPlan;
import jstack.engine.Lookout;
import jstack.engine.NetworkChanges;
import jstack.engine.Salvager;
import jstack.engine.StackConnector;
import jstack.engine.StackNetwork;
import jstack.manifest.Manifest;
import jstack.manifest.Service;
import jstack.manifest.Sharing;
import jstack.plan.Action;
import jstack.plan.Desired;
import jstack.plan.Plan;
import jstack.plan.PlanOptions;
import jstack.plan.Planner;
import jstack.program.NetworkProgram;
import jstack.rootfs.FetchListener;
import jstack.rootfs.PreparedRootfs;
import jstack.state.ContainerId;
import jstack.state.LimitLook;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import org.jspecify.annotations.Nullable;

/** The way from a manifest to a plan, which {@code plan} and {@code up} share. */
record StackRun(
    Manifest manifest,
    Desired desired,
    Observed observed,
    Plan plan,
    LayerPlan layers,
    Connector connector) {

  /** Fetches what is missing first, so that the plan holds the real rootfs. */
  static StackRun prepare(Session session, PlanOptions options, FetchListener listener) {
    return prepare(session, options, Set.of(), listener);
  }

  /**
   * @param again the services that run again although they ran to completion before
   */
  static StackRun prepare(
      Session session, PlanOptions options, Set<String> again, FetchListener listener) {
    Manifest manifest = session.manifest();
    Set<String> needed = new LinkedHashSet<>(selected(session, options));
    needed.addAll(Sharing.sharers(manifest, needed)); // who may have to be made anew with them
    Map<String, PreparedRootfs> rootfs = session.prepare(needed, listener);
    return of(session, options, rootfs, again, true);
  }

  /** What would be done with what is here; nothing is changed. */
  static StackRun dry(Session session, PlanOptions options, Map<String, PreparedRootfs> rootfs) {
    return of(session, options, rootfs, Set.of(), false);
  }

  private static StackRun of(
      Session session,
      PlanOptions asked,
      Map<String, PreparedRootfs> rootfs,
      Set<String> again,
      boolean claims) {
    Manifest manifest = session.manifest();
    PlanOptions options = exact(session, asked);
    DesiredState state = session.desiredState(claims);
    StackNetwork network = session.network();
    Desired desired;
    Set<ContainerId> connected;
    Observed observed;
    LayerPlan layers;
    try (Lookout lookout = new Lookout(() -> look(session, claims))) {
      desired = state.compile(rootfs, lookout::compare);
      connected = connected(session, options, lookout.observed());
      desired = desired.with(connections(network, connected)).runningAgain(again);
      layers = state.layers(rootfs, desired.programs().keySet(), session.manifestText());
      if (claims && isSomebodyMissing(desired, lookout.observed())) {
        layers.begin();
      }
      observed = lookout.compared();
    }
    Plan plan = Planner.plan(desired, observed, options);
    if (claims) {
      network.checkPorts(connected);
      network.requireUnchanged(network.compile(connected), leftAlone(observed, plan, manifest));
    }
    Connector connector = new StackConnector(network, connected);
    return new StackRun(manifest, desired, observed, plan, layers, connector);
  }

  private static boolean isSomebodyMissing(Desired desired, Observed observed) {
    for (ContainerId id : desired.programs().keySet()) {
      if (observed.find(id).isEmpty()) {
        return true;
      }
    }
    return false;
  }

  private static LimitLook look(Session session, boolean claims) {
    Observed observed = session.observed();
    if (claims && new Salvager(session.layout()).askAgain(observed.containers())) {
      observed = session.observed();
    }
    return new LimitLook(session.layout(), observed, session.inputs());
  }

  /**
   * The same when it was carried out: what is left to do, if anything.
   *
   * @param outcome the containers as they are then
   * @param inputs is told of what is looked at once more
   */
  StackRun again(Session session, PlanOptions asked, Observed outcome, Inputs inputs) {
    PlanOptions options = exact(session, asked);
    LimitLook look = new LimitLook(session.layout(), outcome, inputs);
    desired.programs().forEach(look::at);
    Observed now = look.done();
    StackNetwork network = session.network(inputs);
    Set<ContainerId> connected = connected(session, options, now);
    Desired same = desired.with(connections(network, connected));
    Plan left = Planner.plan(same, now, options);
    return new StackRun(manifest, same, now, left, layers, connector);
  }

  /** Those that are acted on, and those that are there already. */
  private static Set<ContainerId> connected(
      Session session, PlanOptions options, Observed observed) {
    Manifest manifest = session.manifest();
    Set<String> selected = selected(session, options);
    Set<ContainerId> connected = new LinkedHashSet<>();
    for (Service service : manifest.services().values()) {
      for (int i = 1; selected.contains(service.name()) && i <= service.role().scale(); i++) {
        connected.add(ContainerId.of(manifest.name(), service.name(), i));
      }
    }
    for (ObservedContainer container : observed.containers()) {
      boolean acted = selected.contains(container.id().service()); // then all that stay are known
      boolean oneOff = container.id().isOneOff();
      if (oneOff ? !container.state().isOver() : !acted) {
        connected.add(container.id());
      }
    }
    return connected;
  }

  /** Those that run, that the manifest knows, and that the plan says nothing of. */
  private static Set<ContainerId> leftAlone(Observed observed, Plan plan, Manifest manifest) {
    Set<ContainerId> acted = new HashSet<>();
    for (Action action : plan.actions()) {
      if (!action.isLive()) {
        acted.add(action.id());
      }
    }
    Set<ContainerId> left = new LinkedHashSet<>();
    for (ObservedContainer container : observed.containers()) {
      ContainerId id = container.id();
      boolean known = manifest.services().containsKey(id.service());
      if (container.state().isAlive() && known && !acted.contains(id)) {
        left.add(id);
      }
    }
    return left;
  }

  private static Desired.Connections connections(StackNetwork network, Set<ContainerId> connected) {
    NetworkProgram wanted = network.compile(connected);
    NetworkChanges changes = network.changes(wanted);
    return new Desired.Connections(
        changes.byContainer(),
        changes.others(),
        network.nameChanges(wanted, connected),
        network.isMade(wanted, connected));
  }

  /** The services that are acted on; unknown names are an error. */
  static Set<String> selected(Session session, PlanOptions options) {
    Manifest manifest = session.manifest();
    for (String service : options.services()) {
      if (!manifest.services().containsKey(service)) {
        throw Session.unknownService(service, manifest.services().keySet());
      }
    }
    PlanOptions exact = exact(session, options);
    if (exact.services().isEmpty()) {
      return manifest.services().keySet();
    }
    Set<String> selected = new LinkedHashSet<>(manifest.services().keySet());
    selected.retainAll(exact.services());
    return selected;
  }

  /** Everybody who is acted on by name; nobody when it is simply all. */
  private static PlanOptions exact(Session session, PlanOptions options) {
    Profiles profiles = session.profiles();
    if (options.services().isEmpty() && profiles.areAllOn()) {
      return options;
    }
    Set<String> named = options.services().isEmpty() ? profiles.usual() : options.services();
    if (named.stream().allMatch(Sharing::isHolder)) {
      throw new DiagnosticException(
          Failure.USAGE,
          Diagnostic.error(
                  Origin.NONE, "no-service", "there are only jobs and services with profiles")
              .withHint("name one, or turn a profile on with --profile"));
    }
    return new PlanOptions(
        options.withDependencies() ? profiles.withDependencies(named) : named,
        false,
        options.forceRecreate(),
        options.noRecreate(),
        options.removeOrphans());
  }

  /** And one more service, when there is one. */
  static PlanOptions with(Session session, PlanOptions options, @Nullable String service) {
    Profiles profiles = session.profiles();
    boolean all = options.services().isEmpty();
    if (service == null || (all && profiles.areAllOn())) {
      return options;
    }
    Set<String> named = new LinkedHashSet<>(all ? profiles.usual() : options.services());
    named.removeIf(Sharing::isHolder);
    named.add(service);
    return options.withServices(named);
  }

  static List<String> with(List<String> services, @Nullable String more) {
    if (more == null || services.contains(more)) {
      return services;
    }
    List<String> all = new ArrayList<>(services);
    all.add(more);
    return all;
  }

  List<String> orphanNames() {
    return plan.orphans().stream().map(id -> id.name()).toList();
  }
}
