package jstack.cli;

import java.util.List;
import jstack.diag.DiagnosticPrinter;
import jstack.plan.Action;
import jstack.plan.Cause;
import jstack.plan.Plan;

/**
 * A plan as text, an action a line with its causes:
 *
 * <pre>
 * -/+ web-1  recreate  command: [a] -> [b] (jstack.yaml:12:14)
 * +   db-1   create    not there yet
 * 2 to change, 1 unchanged.
 * </pre>
 */
final class PlanPrinter {
  private PlanPrinter() {}

  static String text(Plan plan) {
    int width = plan.changes().stream().mapToInt(a -> a.id().name().length()).max().orElse(0);
    StringBuilder out = new StringBuilder();
    for (Action action : plan.changes()) {
      out.append(mark(action)).append(' ');
      out.append(padded(action.id().name(), width)).append("  ");
      out.append(padded(word(action), "recreate".length()));
      List<Cause> causes = action.causes();
      for (int i = 0; i < causes.size(); i++) {
        out.append(i == 0 ? "  " : "\n" + " ".repeat(4 + width + 2 + 8 + 2));
        out.append(DiagnosticPrinter.visible(causes.get(i).toString()));
      }
      out.append('\n');
    }
    for (Cause cause : plan.network()) {
      out.append("~   network  live  ");
      out.append(DiagnosticPrinter.visible(cause.toString())).append('\n');
    }
    int kept = plan.actions().size() - plan.changes().size();
    if (plan.isEmpty()) {
      out.append("nothing to do");
    } else {
      int changing = plan.changes().size() + (plan.network().isEmpty() ? 0 : 1);
      out.append(changing).append(" to change, ").append(kept).append(" unchanged");
    }
    return out.append('\n').toString();
  }

  static String mark(Action action) {
    if (action instanceof Action.Recreate) {
      return "-/+";
    }
    return action instanceof Action.Remove ? "-  " : "+  ";
  }

  /** What is done, in one word. */
  static String word(Action action) {
    if (action instanceof Action.Recreate recreate) {
      return recreate.changeClass().toString();
    }
    if (action instanceof Action.Create) {
      return "create";
    }
    if (action instanceof Action.Start) {
      return "start";
    }
    return action instanceof Action.Remove ? "remove" : "keep";
  }

  private static String padded(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }
}
