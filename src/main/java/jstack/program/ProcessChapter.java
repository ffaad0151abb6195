package jstack.program;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Origin;
import jstack.linux.Capability;
import jstack.manifest.Security;
import jstack.manifest.Service;

/**
 * The last steps before the command: who it is, what it may do, where it stands, what it is told.
 */
final class ProcessChapter {
  static final String DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  /**
   * RLIMIT_CORE of getrlimit(2): no core files, whose place a kernel setting of the host decides.
   */
  private static final int RLIMIT_CORE = 4;

  /** Descriptors are what programs that count up to their limit pay for. */
  private static final int RLIMIT_NOFILE = 7;

  /** Memory that is never paged out is everybody's. */
  private static final int RLIMIT_MEMLOCK = 8;

  private ProcessChapter() {}

  static void write(StepList steps, Service service, Target target) {
    Security security = service.security();
    long named = Capability.mask(security.capabilities());
    long capabilities =
        security.privileged() ? named | ProcessInstruction.Bounding.AS_THERE : named;
    boolean usual = named == Capability.USUAL;
    Origin whole = service.at("");
    Origin walls = usual ? whole : service.at(walls(service));
    Map<String, String> environment = environment(service);
    steps.add(Phase.PROCESS, whole, new ProcessInstruction.Rlimit(RLIMIT_CORE, 0, 0));
    steps.add(Phase.PROCESS, whole, new ProcessInstruction.LowerRlimit(RLIMIT_NOFILE, 1024, 4096));
    steps.add(
        Phase.PROCESS,
        whole,
        new ProcessInstruction.LowerRlimit(RLIMIT_MEMLOCK, 64 << 10, 64 << 10));
    add(steps, service, "umask", new ProcessInstruction.Umask(service.umask()));
    steps.add(Phase.PROCESS, walls, new ProcessInstruction.Bounding(capabilities));
    add(steps, service, "user", new ProcessInstruction.User(service.user(), service.groupAdd()));
    add(steps, service, "working_dir", new ProcessInstruction.WorkingDir(service.workingDir()));
    Instruction has = new ProcessInstruction.Capabilities(capabilities, capabilities, 0, 0);
    Instruction told = new ProcessInstruction.Environment(variables(environment));
    if (security.newPrivileges()) {
      // Who may gain privileges loads a filter only while it has CAP_SYS_ADMIN.
      add(steps, service, "environment", told);
      SeccompChapter.write(steps, service, target, named);
      steps.add(Phase.PROCESS, walls, has);
    } else {
      steps.add(Phase.PROCESS, walls, has);
      steps.add(Phase.PROCESS, whole, new ProcessInstruction.NoNewPrivileges());
      add(steps, service, "environment", told);
      SeccompChapter.write(steps, service, target, named);
    }
    List<String> argv = new ArrayList<>(service.entrypoint());
    argv.addAll(service.command());
    if (argv.isEmpty()) {
      steps.add(Phase.PROCESS, whole, new ProcessInstruction.Pause());
      return;
    }
    String path = environment.getOrDefault("PATH", DEFAULT_PATH);
    String key = service.command().isEmpty() ? "entrypoint" : "command";
    add(steps, service, key, new ProcessInstruction.Exec(path, argv));
  }

  /** The key that asks for other capabilities than the usual ones. */
  private static String walls(Service service) {
    String written = isWritten(service, "cap_add") ? "cap_add" : "cap_drop";
    return service.security().privileged() ? "privileged" : written;
  }

  /** Not only its service is. */
  private static boolean isWritten(Service service, String key) {
    return !service.at(key).place().equals(service.at("").place());
  }

  static Map<String, String> environment(Service service) {
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("PATH", DEFAULT_PATH);
    environment.put("HOSTNAME", service.hostname());
    if (service.tty()) {
      environment.put("TERM", "xterm");
    }
    environment.putAll(service.environment());
    return environment;
  }

  static List<String> variables(Map<String, String> environment) {
    List<String> variables = new ArrayList<>();
    environment.forEach((name, value) -> variables.add(name + "=" + value));
    return variables;
  }

  private static void add(StepList steps, Service service, String key, Instruction instruction) {
    steps.add(Phase.PROCESS, service.at(key), instruction);
  }
}
