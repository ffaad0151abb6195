package jstack.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.engine.DesiredState;
import jstack.manifest.Manifest;
import jstack.manifest.RootfsSpec;
import jstack.manifest.Service;
import jstack.manifest.load.LoadRequest;
import jstack.plan.DependencyGraph;
import jstack.plan.PlanOptions;
import jstack.state.StateLayout;

final class GenerateVerb implements Verb {
  /** Beside the grace of containers: what the removal of networks and layers takes, amply. */
  private static final Duration REST = Duration.ofSeconds(60);

  private static final List<String> JAVA = List.of("JSTACK_JAVA", "JAVA_HOME");
  private final ManifestOptions options = new ManifestOptions();
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about(
            "Print what has another program run the stack.",
            "systemd: a unit file that brings it up at boot, and down before the machine goes")
        .with(options)
        .words("0..*", "KIND [SERVICE]", "systemd", list -> words = list);
  }

  @Override
  public int run(Console console) {
    List<String> left = new ArrayList<>(options.takeManifest(console, words));
    if (left.isEmpty() || !left.get(0).equals("systemd")) {
      throw new DiagnosticException(
          Failure.USAGE,
          Diagnostic.error(
                  Origin.NONE,
                  "usage",
                  left.isEmpty() ? "generate what?" : "no kind " + left.get(0))
              .withHint("jstack generate systemd [MANIFEST] [SERVICE...]"));
    }
    List<String> services =
        options.takeManifest(console, List.copyOf(left.subList(1, left.size())));
    console.out().print(unit(console, services).text());
    return ExitCode.DONE;
  }

  private UnitFile unit(Console console, List<String> services) {
    Session session = new Session(console, options, LoadRequest.Purpose.VALIDATE);
    Manifest manifest = session.manifest();
    Set<String> selected =
        StackRun.selected(
            session, new PlanOptions(Set.copyOf(services), true, false, false, false));
    Path here = console.workingDirectory().toAbsolutePath();
    Path file = here.resolve(manifest.file()).normalize();
    StateLayout layout = session.layout();
    Path folder = file.getParent() == null ? Path.of("/") : file.getParent();
    return new UnitFile(
        command(session.shim()),
        manifest.name(),
        services,
        file,
        options.carried(here),
        environment(console, layout),
        List.copyOf(new LinkedHashSet<>(List.of(folder, layout.home()))),
        selected.stream().map(manifest.services()::get).anyMatch(GenerateVerb::needsNetwork),
        stopTime(manifest).plus(REST).toSeconds());
  }

  /** The command beside its helper: lib/jstack-shim and bin/jstack. */
  private static Path command(Path shim) {
    Path lib = shim.toAbsolutePath().normalize().getParent();
    return lib == null ? Path.of("/usr/local/bin/jstack") : lib.resolveSibling("bin/jstack");
  }

  /** systemd gives a service nothing of this environment. */
  private static Map<String, String> environment(Console console, StateLayout layout) {
    Map<String, String> kept = new LinkedHashMap<>();
    Map<String, String> all = console.environment();
    if (!all.getOrDefault("JSTACK_RUN", "").isEmpty()) {
      kept.put("JSTACK_RUN", layout.run().toString());
    }
    if (!all.getOrDefault("JSTACK_HOME", "").isEmpty()) {
      kept.put("JSTACK_HOME", layout.home().toString());
    }
    String policy = all.getOrDefault("JSTACK_POLICY", "");
    if (!policy.isEmpty()) {
      kept.put("JSTACK_POLICY", console.workingDirectory().resolve(policy).normalize().toString());
    }
    for (String name : JAVA) {
      if (!all.getOrDefault(name, "").isEmpty()) {
        kept.put(name, all.get(name));
      }
    }
    return kept;
  }

  private static boolean needsNetwork(Service service) {
    return !service.networking().attachments().isEmpty()
        || service.rootfs() instanceof RootfsSpec.Url;
  }

  /** Waves stop one after another, those of one wave at once. */
  private static Duration stopTime(Manifest manifest) {
    Duration all = Duration.ZERO;
    for (List<String> wave : new DependencyGraph(DesiredState.needs(manifest)).startWaves()) {
      Duration longest = Duration.ZERO;
      for (String name : wave) {
        Service service = manifest.services().get(name);
        Duration grace = service == null ? Duration.ZERO : service.stopGracePeriod();
        longest = grace.compareTo(longest) > 0 ? grace : longest;
      }
      all = all.plus(longest);
    }
    return all;
  }
}
