package jstack.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.DiagnosticException;
import jstack.engine.DesiredState;
import jstack.engine.LimitUpdater;
import jstack.manifest.Resources;
import jstack.manifest.Service;
import jstack.manifest.load.LimitUpdate;
import jstack.manifest.load.LoadRequest;
import jstack.manifest.load.ManifestLoader;
import jstack.manifest.policy.HeldPolicy;
import jstack.program.Change;
import jstack.program.Program;
import jstack.state.ObservedContainer;
import jstack.state.ProjectLock;
import org.jspecify.annotations.Nullable;

final class UpdateVerb implements Verb {
  private final ManifestOptions options = new ManifestOptions.WithPolicy();
  private final LockOptions locking = new LockOptions();
  private @Nullable String memory;
  private @Nullable String memoryHigh;
  private @Nullable String memoryLow;
  private @Nullable String memoryMin;
  private @Nullable String swapMax;
  private @Nullable String cpus;
  private @Nullable String cpuWeight;
  private @Nullable String cpusetCpus;
  private @Nullable String cpusetMems;
  private @Nullable String pidsLimit;
  private @Nullable String ioWeight;
  private List<String> words = List.of();

  @Override
  @SuppressWarnings("try") // The lock is held, and nothing else is done with it.
  public int run(Console console) {
    List<String> services = options.takeManifest(console, words);
    Map<String, String> values = values();
    if (services.isEmpty() || values.isEmpty()) {
      throw ExecVerb.usage("update needs a service and a limit", "jstack update web --memory 1g");
    }
    Session session = new Session(console, options, LoadRequest.Purpose.STOP);
    services.forEach(session::service);
    session.requireRoot();
    LoadRequest request = options.request(console, LoadRequest.Purpose.STOP);
    try (ProjectLock lock = session.lock("update", locking)) {
      List<ObservedContainer> alive =
          session.select(session.observed(), services).stream()
              .filter(container -> container.state().hasProcess())
              .toList();
      if (alive.isEmpty()) {
        throw DiagnosticException.operation(
            "not-running",
            String.join(", ", services) + (services.size() > 1 ? " do" : " does") + " not run",
            "jstack up -d starts it");
      }
      DesiredState state = session.desiredState(false);
      LimitUpdater updater = new LimitUpdater(session.layout());
      HeldPolicy policy = ManifestLoader.policy(request, console.texts());
      for (ObservedContainer container : alive) {
        Service service = session.service(container.id().service());
        Map<String, String> all = updater.together(container.id(), values);
        Resources limits = new LimitUpdate(all).apply(service.cgroup(), request);
        policy.limits(service.withCgroup(limits), asked(values));
        Program wanted = state.limits(service.withCgroup(limits), container.id());
        print(console, container, updater.update(container, wanted, all));
      }
    }
    return ExitCode.DONE;
  }

  private static void print(Console console, ObservedContainer container, List<Change> changes) {
    String name = container.id().name();
    if (changes.isEmpty()) {
      console.err().println(name + "  unchanged");
    }
    for (Change change : changes) {
      String text = change.key() + " " + change.before() + " -> " + change.after();
      console.err().println(name + "  " + text);
    }
  }

  /** The options that a policy may have a word on, by the keys that they change. */
  private static Map<String, String> asked(Map<String, String> values) {
    Map<String, String> asked = new LinkedHashMap<>();
    if (values.containsKey("memory.max")) {
      asked.put("memory.max", "--memory");
    } else if (values.containsKey("memory.swap_max")) {
      asked.put("memory.swap_max", "--swap-max");
    }
    if (values.containsKey("cpu.max")) {
      asked.put("cpu.max", "--cpus");
    }
    if (values.containsKey("pids.max")) {
      asked.put("pids.max", "--pids-limit");
    }
    return asked;
  }

  private Map<String, String> values() {
    Map<String, String> values = new LinkedHashMap<>();
    put(values, "memory.max", memory);
    put(values, "memory.high", memoryHigh);
    put(values, "memory.low", memoryLow);
    put(values, "memory.min", memoryMin);
    put(values, "memory.swap_max", swapMax);
    put(values, "cpu.max", cpus);
    put(values, "cpu.weight", cpuWeight);
    put(values, "cpuset.cpus", cpusetCpus);
    put(values, "cpuset.mems", cpusetMems);
    put(values, "pids.max", pidsLimit);
    put(values, "io.weight", ioWeight);
    return values;
  }

  private static void put(Map<String, String> values, String key, @Nullable String value) {
    if (value != null) {
      values.put(key, value);
    }
  }

  @Override
  public void usage(Usage usage) {
    usage
        .about(
            "Write other limits to running containers. The manifest stays as it is: plan shows the"
                + " difference, and the next up leads back to the manifest. The word max lifts a"
                + " limit.")
        .with(options)
        .with(locking)
        .text("-m, --memory", "SIZE", "cgroup.memory.max", value -> memory = value)
        .text("--memory-high", "SIZE", "cgroup.memory.high", value -> memoryHigh = value)
        .text("--memory-low", "SIZE", "cgroup.memory.low", value -> memoryLow = value)
        .text("--memory-min", "SIZE", "cgroup.memory.min", value -> memoryMin = value)
        .text(
            "--swap-max",
            "SIZE",
            "cgroup.memory.swap_max: swap on top of memory.",
            value -> swapMax = value)
        .text("--cpus", "NUMBER", "cgroup.cpu.max", value -> cpus = value)
        .text("--cpu-weight", "WEIGHT", "cgroup.cpu.weight", value -> cpuWeight = value)
        .text("--cpuset-cpus", "LIST", "cgroup.cpuset.cpus", value -> cpusetCpus = value)
        .text("--cpuset-mems", "LIST", "cgroup.cpuset.mems", value -> cpusetMems = value)
        .text("--pids-limit", "NUMBER", "cgroup.pids.max", value -> pidsLimit = value)
        .text("--io-weight", "WEIGHT", "cgroup.io.weight", value -> ioWeight = value)
        .words("SERVICE", list -> words = list);
  }
}
