package jstack.program;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Origin;
import jstack.linux.Namespace;
import jstack.manifest.HostPath;

/**
 * The program of {@code jstack exec}: read off the program of the container that runs, so that the
 * command gets the same walls and limits as the service, always.
 */
public final class ExecCompiler {
  private ExecCompiler() {}

  public static Program compile(Program running, ExecRequest request) {
    StepList steps = new StepList();
    Origin none = Origin.NONE;
    steps.add(Phase.SUPERVISE, none, new SupervisorInstruction.Terminal(request.terminal()));
    steps.add(Phase.SUPERVISE, none, new SupervisorInstruction.Stdin(request.stdin()));
    if (joins(request, Namespace.CGROUP)) {
      cgroups(steps, running, request.cgroups());
    }
    long flags = namespaces(running) & wanted(request);
    if (joins(request, Namespace.MOUNT)) {
      // Its files without its user namespace would be programs of the container as the real root.
      flags |= namespaces(running) & Integer.toUnsignedLong(Namespace.USER.cloneFlag());
    }
    steps.add(
        Phase.HOST,
        none,
        new NamespaceInstruction.JoinNamespaces(request.pid(), request.startTime(), flags));
    if (joins(request, Namespace.MOUNT)) {
      for (Step step : running.of(Phase.PROCESS)) {
        steps.add(Phase.PROCESS, step.origin(), adapt(step.instruction(), request));
      }
    } else {
      ofTheMachine(steps, request);
    }
    return steps.toProgram();
  }

  /**
   * One of the machine's own programs in a named network namespace, which needs no process to be
   * there; as {@code ip netns exec}.
   */
  public static Program enter(HostPath network, ExecRequest request) {
    StepList steps = new StepList();
    steps.add(Phase.SUPERVISE, Origin.NONE, new SupervisorInstruction.Terminal(request.terminal()));
    steps.add(Phase.SUPERVISE, Origin.NONE, new SupervisorInstruction.Stdin(request.stdin()));
    long flag = Integer.toUnsignedLong(Namespace.NETWORK.cloneFlag());
    steps.add(Phase.HOST, Origin.NONE, new NamespaceInstruction.JoinNamespace(network, flag));
    steps.add(Phase.HOST, Origin.NONE, new NamespaceInstruction.JoinNamespaces(0, 0, 0));
    ofTheMachine(steps, request);
    return steps.toProgram();
  }

  private static boolean joins(ExecRequest request, Namespace namespace) {
    return request.namespaces().isEmpty() || request.namespaces().contains(namespace);
  }

  private static long wanted(ExecRequest request) {
    long flags = request.namespaces().isEmpty() ? -1L : 0;
    for (Namespace namespace : request.namespaces()) {
      flags |= Integer.toUnsignedLong(namespace.cloneFlag());
    }
    return flags;
  }

  /** Without the container's files the command is the caller's own, and so are its rights. */
  private static void ofTheMachine(StepList steps, ExecRequest request) {
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("PATH", ProcessChapter.DEFAULT_PATH);
    environment.putAll(request.environment());
    Origin none = Origin.NONE;
    List<String> variables = ProcessChapter.variables(environment);
    if (request.user() != null) {
      steps.add(Phase.PROCESS, none, new ProcessInstruction.User(request.user(), List.of()));
    }
    steps.add(Phase.PROCESS, none, new ProcessInstruction.Environment(variables));
    Instruction exec = new ProcessInstruction.Exec(ProcessChapter.DEFAULT_PATH, request.command());
    steps.add(Phase.PROCESS, none, exec);
  }

  /**
   * The container's own. Below a delegated one its first process may have moved on, since nobody
   * can be in a cgroup of version 2 that shares its controllers out; then the command goes there.
   */
  private static void cgroups(StepList steps, Program running, String ofFirst) {
    running.steps().stream()
        .filter(step -> step.instruction() instanceof HostInstruction.JoinCgroup)
        .forEach(step -> steps.add(Phase.HOST, step.origin(), step.instruction()));
    HostPath root = new HostPath("/");
    running
        .all(NamespaceInstruction.Spawn.class)
        .map(NamespaceInstruction.Spawn::bornIn)
        .filter(place -> !place.equals(root))
        .map(place -> inside(place, ofFirst))
        .forEach(
            place -> steps.add(Phase.HOST, Origin.NONE, new HostInstruction.JoinCgroup(place)));
  }

  private static HostPath inside(HostPath place, String cgroups) {
    String unified =
        cgroups.lines().filter(line -> line.startsWith("0::/")).findFirst().orElse("0::/");
    String path = unified.substring("0::".length());
    for (int slash = path.length(); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      if (place.value().endsWith(path.substring(0, slash))) {
        return new HostPath(place.value() + path.substring(slash));
      }
    }
    return place;
  }

  /** CLONE_NEW* of every namespace in which the container is not the machine's. */
  public static long namespaces(Program running) {
    long flags = 0;
    for (Step step : running.steps()) {
      flags |= flags(step.instruction());
    }
    return flags;
  }

  private static long flags(Instruction instruction) {
    if (instruction instanceof NamespaceInstruction.Spawn spawn) {
      return spawn.flags();
    }
    if (instruction instanceof NamespaceInstruction.Unshare unshare) {
      return unshare.flags();
    }
    if (instruction instanceof NamespaceInstruction.JoinNamespace join) {
      return join.flag();
    }
    if (instruction instanceof NamespaceInstruction.JoinContainer join) {
      return join.flags();
    }
    if (instruction instanceof NamespaceInstruction.NewUser) {
      return Integer.toUnsignedLong(Namespace.USER.cloneFlag());
    }
    return instruction instanceof NamespaceInstruction.TimeOffsets
        ? Integer.toUnsignedLong(Namespace.TIME.cloneFlag())
        : 0;
  }

  static Instruction adapt(Instruction instruction, ExecRequest request) {
    if (instruction instanceof ProcessInstruction.User user) {
      String asked = request.user();
      return asked == null ? user : new ProcessInstruction.User(asked, user.groups());
    }
    if (instruction instanceof ProcessInstruction.WorkingDir directory) {
      return request.workingDir() == null
          ? directory
          : new ProcessInstruction.WorkingDir(request.workingDir());
    }
    if (instruction instanceof ProcessInstruction.Environment environment) {
      return new ProcessInstruction.Environment(merge(environment.variables(), request));
    }
    if (instruction instanceof ProcessInstruction.Exec exec) {
      return new ProcessInstruction.Exec(exec.searchPath(), request.command());
    }
    if (instruction instanceof ProcessInstruction.Pause) {
      return new ProcessInstruction.Exec(ProcessChapter.DEFAULT_PATH, request.command());
    }
    return instruction;
  }

  private static List<String> merge(List<String> variables, ExecRequest request) {
    Map<String, String> merged = new LinkedHashMap<>();
    for (String variable : variables) {
      int equals = variable.indexOf('=');
      merged.put(variable.substring(0, equals), variable.substring(equals + 1));
    }
    if (request.terminal()) {
      merged.putIfAbsent("TERM", "xterm");
    }
    merged.putAll(request.environment());
    return new ArrayList<>(ProcessChapter.variables(merged));
  }
}
