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
    steps.add(Phase.SUPERVISE, none, new Instruction.Terminal(request.terminal()));
    steps.add(Phase.SUPERVISE, none, new Instruction.Stdin(request.stdin()));
    running.steps().stream()
        .filter(step -> step.instruction() instanceof Instruction.JoinCgroup)
        .forEach(step -> steps.add(Phase.HOST, step.origin(), step.instruction()));
    HostPath root = new HostPath("/");
    running
        .all(Instruction.Spawn.class)
        .map(Instruction.Spawn::bornIn)
        .filter(place -> !place.equals(root))
        .forEach(place -> steps.add(Phase.HOST, none, new Instruction.JoinCgroup(place)));
    steps.add(
        Phase.HOST,
        none,
        new Instruction.JoinNamespaces(request.pid(), request.startTime(), namespaces(running)));
    for (Step step : running.of(Phase.PROCESS)) {
      steps.add(Phase.PROCESS, step.origin(), adapt(step.instruction(), request));
    }
    return steps.toProgram();
  }

  /** CLONE_NEW* of every namespace in which the container is not the machine's. */
  static long namespaces(Program running) {
    long flags = 0;
    for (Step step : running.steps()) {
      flags |= flags(step.instruction());
    }
    return flags;
  }

  private static long flags(Instruction instruction) {
    if (instruction instanceof Instruction.Spawn spawn) {
      return spawn.flags();
    }
    if (instruction instanceof Instruction.Unshare unshare) {
      return unshare.flags();
    }
    if (instruction instanceof Instruction.JoinNamespace join) {
      return join.flag();
    }
    if (instruction instanceof Instruction.JoinContainer join) {
      return join.flags();
    }
    if (instruction instanceof Instruction.NewUser) {
      return Integer.toUnsignedLong(Namespace.USER.cloneFlag());
    }
    return instruction instanceof Instruction.TimeOffsets
        ? Integer.toUnsignedLong(Namespace.TIME.cloneFlag())
        : 0;
  }

  private static Instruction adapt(Instruction instruction, ExecRequest request) {
    if (instruction instanceof Instruction.User user) {
      String asked = request.user();
      return asked == null ? user : new Instruction.User(asked, user.groups());
    }
    if (instruction instanceof Instruction.WorkingDir directory) {
      return request.workingDir() == null
          ? directory
          : new Instruction.WorkingDir(request.workingDir());
    }
    if (instruction instanceof Instruction.Environment environment) {
      return new Instruction.Environment(merge(environment.variables(), request));
    }
    if (instruction instanceof Instruction.Exec exec) {
      return new Instruction.Exec(exec.searchPath(), request.command());
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
