package jstack.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.DiagnosticException;
import jstack.engine.DesiredState;
import jstack.engine.LimitUpdater;
import jstack.manifest.HeldPolicy;
import jstack.manifest.LimitUpdate;
import jstack.manifest.LoadRequest;
import jstack.manifest.Resources;
import jstack.manifest.Service;
import jstack.program.Change;
import jstack.program.Program;
import jstack.state.ObservedContainer;
import jstack.state.ProjectLock;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "update",
    description = {
      "Write other limits to running containers. The manifest stays as it is: plan shows the",
      "difference, and the next up leads back to the manifest. The word max lifts a limit."
    })
final class UpdateVerb implements Verb {
  @Mixin private final ManifestOptions options = new ManifestOptions.WithPolicy();

  @Mixin private final LockOptions locking = new LockOptions();

  @Option(
      names = {"-m", "--memory"},
      paramLabel = "SIZE",
      description = "cgroup.memory.max")
  private @Nullable String memory;

  @Option(names = "--memory-high", paramLabel = "SIZE", description = "cgroup.memory.high")
  private @Nullable String memoryHigh;

  @Option(names = "--memory-low", paramLabel = "SIZE", description = "cgroup.memory.low")
  private @Nullable String memoryLow;

  @Option(names = "--memory-min", paramLabel = "SIZE", description = "cgroup.memory.min")
  private @Nullable String memoryMin;

  @Option(
      names = "--swap-max",
      paramLabel = "SIZE",
      description = "cgroup.memory.swap_max: swap on top of memory.")
  private @Nullable String swapMax;

  @Option(names = "--cpus", paramLabel = "NUMBER", description = "cgroup.cpu.max")
  private @Nullable String cpus;

  @Option(names = "--cpu-weight", paramLabel = "WEIGHT", description = "cgroup.cpu.weight")
  private @Nullable String cpuWeight;

  @Option(names = "--cpuset-cpus", paramLabel = "LIST", description = "cgroup.cpuset.cpus")
  private @Nullable String cpusetCpus;

  @Option(names = "--cpuset-mems", paramLabel = "LIST", description = "cgroup.cpuset.mems")
  private @Nullable String cpusetMems;

  @Option(names = "--pids-limit", paramLabel = "NUMBER", description = "cgroup.pids.max")
  private @Nullable String pidsLimit;

  @Option(names = "--io-weight", paramLabel = "WEIGHT", description = "cgroup.io.weight")
  private @Nullable String ioWeight;

  @Parameters(arity = "0..*", paramLabel = "SERVICE")
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
      HeldPolicy policy = HeldPolicy.load(request, console.texts());
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
}
