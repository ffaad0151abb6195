package jstack.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.engine.NetworkVerifier;
import jstack.engine.ThisKernel;
import jstack.manifest.HostPath;
import jstack.manifest.Manifest;
import jstack.manifest.load.LoadRequest;
import jstack.plan.Desired;
import jstack.plan.Drift;
import jstack.plan.PlanOptions;
import jstack.plan.Verifier;
import jstack.program.Program;
import jstack.rootfs.PreparedRootfs;
import jstack.state.ContainerId;
import jstack.state.LimitObserver;
import jstack.state.Observed;
import jstack.state.ObservedContainer;

final class VerifyVerb implements Verb {
  private final ManifestOptions options = new ManifestOptions.WithPolicy();
  private String format = "text";
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about(
            "Hold what runs against the manifest, as the kernel shows it: processes, namespaces,"
                + " mounts, limits, cgroups, links and rules; never by jstack's own notes.",
            "Exit code 2 when something is not as it says.")
        .with(options)
        .text("--format", "FORMAT", "text or json", value -> format = value)
        .words("SERVICE", list -> words = list);
  }

  @Override
  public int run(Console console) throws IOException {
    List<String> services = options.takeManifest(console, words);
    boolean json = Formats.isJson(format);
    Session session = new Session(console, options, LoadRequest.Purpose.RUN);
    Manifest manifest = session.manifest();
    session.requireRoot();
    boolean all = services.isEmpty(); // then also the jobs that others need
    PlanOptions wanted = new PlanOptions(Set.copyOf(services), all, false, false, false);
    Set<String> selected = StackRun.selected(session, wanted);
    Map<String, PreparedRootfs> rootfs = session.present(manifest.services().keySet());
    Desired desired = session.desiredState(false).compile(rootfs);
    Map<ContainerId, Program> programs = desired.programs();
    Observed observed = new LimitObserver(session.layout()).look(session.observed(), programs);
    Map<ContainerId, HostPath> directories = new LinkedHashMap<>();
    for (ObservedContainer container : observed.containers()) {
      directories.put(container.id(), HostPath.of(session.layout().container(container.id())));
    }
    List<Drift> drifts = new ArrayList<>();
    int count = 0;
    try (ThisKernel kernel = new ThisKernel(session.shim())) {
      Verifier verifier = new Verifier(observed, directories, kernel);
      for (Map.Entry<ContainerId, Program> each : programs.entrySet()) {
        ContainerId id = each.getKey();
        if (selected.contains(id.service()) || (all && runs(observed, id))) {
          count++;
          drifts.addAll(verifier.verify(id, each.getValue(), desired.isOnce(id.service())));
        }
      }
      if (all) {
        drifts.addAll(verifier.verifyStack(programs));
      }
    }
    for (String service : selected) {
      boolean missing = Session.hasTree(session.service(service)) && !rootfs.containsKey(service);
      if (missing) {
        count++;
        drifts.add(
            new Drift(
                service + "-1",
                "rootfs",
                "unpacked",
                "not here",
                session.service(service).at("rootfs"),
                Drift.Mend.UP));
      }
    }
    if (all) {
      drifts.addAll(networks(session, observed));
    }
    console.out().print(json ? VerifyPrinter.json(drifts) : VerifyPrinter.text(drifts, count));
    return drifts.isEmpty() ? ExitCode.DONE : ExitCode.CHANGES;
  }

  /** A job, perhaps: none is expected to run. */
  private static boolean runs(Observed observed, ContainerId id) {
    return observed.find(id).filter(container -> container.state().isAlive()).isPresent();
  }

  /** Those of whoever runs: what shall connect others is not made yet. */
  private static List<Drift> networks(Session session, Observed observed) {
    Set<ContainerId> running = new LinkedHashSet<>();
    for (ObservedContainer container : observed.containers()) {
      if (container.state().isAlive()) {
        running.add(container.id());
      }
    }
    return running.isEmpty()
        ? List.of()
        : new NetworkVerifier(session.network().compile(running)).verify();
  }
}
