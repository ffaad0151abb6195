package jstack.program;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.manifest.Healthcheck;
import jstack.manifest.Hook;
import jstack.manifest.Lifecycle;
import jstack.manifest.RestartPolicy;
import jstack.manifest.Service;
import org.jspecify.annotations.Nullable;

/**
 * What the supervisor does with its container besides watching it. A service that asks for nothing
 * of this has no step of it: its program is what it always was.
 */
final class LifecycleChapter {
  static final int PRE_START = 0;
  static final int POST_START = 1;
  static final int PRE_STOP = 2;
  static final int HEALTH_CHECK = 3;

  private LifecycleChapter() {}

  /** The program with these steps behind the others of its supervisor. */
  static Program added(Program program, Service service) {
    List<Step> own = new ArrayList<>();
    write(own, service, program);
    if (own.isEmpty()) {
      return program;
    }
    List<Step> steps = new ArrayList<>(program.steps());
    int at = 0;
    while (at < steps.size() && steps.get(at).phase() == Phase.SUPERVISE) {
      at++;
    }
    steps.addAll(at, own);
    return new Program(steps);
  }

  private static void write(List<Step> steps, Service service, Program program) {
    Lifecycle lifecycle = service.lifecycle();
    RestartPolicy restart = lifecycle.restart();
    if (restart.when() != RestartPolicy.When.NO) {
      int when = restart.when() == RestartPolicy.When.ON_FAILURE ? 1 : 2;
      add(
          steps,
          service,
          restart.isPlain() ? "restart" : "deploy.restart_policy",
          new SupervisorInstruction.Restart(
              when, restart.most(), millis(restart.delay()), millis(restart.window())));
    }
    if (lifecycle.timeout() != null) {
      add(
          steps,
          service,
          "timeout",
          new SupervisorInstruction.Timeout(lifecycle.timeout().toMillis()));
    }
    Healthcheck check = lifecycle.healthcheck();
    boolean joins =
        check != null || !lifecycle.postStart().isEmpty() || !lifecycle.preStop().isEmpty();
    if (joins) {
      long flags = ExecCompiler.namespaces(program);
      add(steps, service, "namespaces", new SupervisorInstruction.Enter(flags));
    }
    if (check != null) {
      add(
          steps,
          service,
          "healthcheck",
          new SupervisorInstruction.Health(
              check.interval().toMillis(),
              check.timeout().toMillis(),
              check.retries(),
              check.startPeriod().toMillis(),
              check.startInterval().toMillis(),
              number(check.onFailure())));
      List<String> words = new ArrayList<>(List.of(path(program)));
      words.addAll(check.command());
      add(
          steps,
          service,
          "healthcheck.test",
          new SupervisorInstruction.Task(HEALTH_CHECK, "", "", 0, words));
    }
    hooks(steps, service, program, PRE_START, lifecycle.preStart());
    hooks(steps, service, program, POST_START, lifecycle.postStart());
    hooks(steps, service, program, PRE_STOP, lifecycle.preStop());
  }

  private static void hooks(
      List<Step> steps, Service service, Program program, int moment, List<Hook> hooks) {
    for (Hook hook : hooks) {
      Map<String, String> variables = new LinkedHashMap<>();
      if (!hook.environment().isEmpty()) {
        variables.putAll(ProcessChapter.environment(service));
        variables.putAll(hook.environment());
      }
      List<String> words = new ArrayList<>(ProcessChapter.variables(variables));
      int count = words.size();
      words.add(variables.getOrDefault("PATH", path(program)));
      words.addAll(hook.command());
      String user = hook.user() == null ? "" : hook.user();
      String directory = hook.workingDir() == null ? "" : hook.workingDir().toString();
      add(
          steps,
          service,
          hook.key(),
          new SupervisorInstruction.Task(moment, user, directory, count, words));
    }
  }

  private static long millis(@Nullable Duration time) {
    return time == null ? 0 : time.toMillis();
  }

  private static int number(Healthcheck.OnFailure then) {
    return switch (then) {
      case NONE -> 0;
      case RESTART -> 1;
      case STOP -> 2;
    };
  }

  private static String path(Program program) {
    return program
        .all(ProcessInstruction.Exec.class)
        .map(ProcessInstruction.Exec::searchPath)
        .findFirst()
        .orElse(ProcessChapter.DEFAULT_PATH);
  }

  private static void add(List<Step> steps, Service service, String key, Instruction instruction) {
    steps.add(new Step(Phase.SUPERVISE, service.at(key), instruction));
  }
}
