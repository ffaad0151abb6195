package jstack.program;

import java.util.ArrayList;
import java.util.List;
import jstack.diag.SourceTexts;

/** A program to be shown: what its variables of a secret name hold is nobody's business. */
public final class Masked {
  private static final String VALUE = "***";

  private Masked() {}

  public static Program of(Program program) {
    List<Step> steps = new ArrayList<>();
    for (Step step : program.steps()) {
      steps.add(new Step(step.phase(), step.origin(), masked(step.instruction())));
    }
    return new Program(steps);
  }

  private static Instruction masked(Instruction instruction) {
    if (instruction instanceof ProcessInstruction.Environment environment) {
      return new ProcessInstruction.Environment(variables(environment.variables()));
    }
    if (instruction instanceof SupervisorInstruction.Task task) {
      List<String> words = new ArrayList<>(variables(task.words().subList(0, task.variables())));
      words.addAll(task.words().subList(task.variables(), task.words().size()));
      return new SupervisorInstruction.Task(
          task.moment(), task.user(), task.workingDir(), task.variables(), words);
    }
    return instruction;
  }

  private static List<String> variables(List<String> all) {
    List<String> shown = new ArrayList<>();
    for (String variable : all) {
      int equals = variable.indexOf('=');
      boolean secret = equals > 0 && SourceTexts.isSecretName(variable.substring(0, equals));
      shown.add(secret ? variable.substring(0, equals + 1) + VALUE : variable);
    }
    return shown;
  }
}
