package jstack.cli;

import java.util.List;
import jstack.diag.DiagnosticPrinter;
import jstack.plan.Action;
import jstack.plan.Cause;
import jstack.plan.Plan;

/**
 * A plan as text, an action a line with its causes, what it costs behind the first:
 *
 * <pre>
 * ~   db-1   memory.max 512m -> 1g  live  (jstack.yaml:20:21)
 * -/+ web-1  command: [a] -> [b]  restart  (jstack.yaml:12:14)
 * +   job-1  not there yet  create
 * 3 to change, 1 unchanged
 * </pre>
 */
final class PlanPrinter {
  private PlanPrinter() {}

  static String text(Plan plan) {
    int width = plan.changes().stream().mapToInt(a -> a.id().name().length()).max().orElse(0);
    StringBuilder out = new StringBuilder();
    for (Action action : plan.changes()) {
      String name = padded(action.id().name(), width);
      line(out, mark(action) + " " + name, action.causes(), cost(action));
    }
    line(out, "~   " + padded("stack", width), plan.limits().causes(), "live");
    line(out, "~   " + padded("network", width), plan.network(), "live");
    int kept = plan.actions().size() - plan.changes().size();
    if (plan.isEmpty()) {
      out.append("nothing to do");
    } else {
      int changing = plan.changes().size() + (plan.network().isEmpty() ? 0 : 1);
      changing += plan.limits().isEmpty() ? 0 : 1;
      out.append(changing).append(" to change, ").append(kept).append(" unchanged");
    }
    return out.append('\n').toString();
  }

  /** The causes below each other, the cost of all of them behind the first. */
  private static void line(StringBuilder out, String head, List<Cause> causes, String cost) {
    for (int i = 0; i < causes.size(); i++) {
      Cause cause = causes.get(i);
      out.append(i == 0 ? head : " ".repeat(head.length())).append("  ");
      out.append(DiagnosticPrinter.visible(cause.text()));
      out.append(i == 0 ? "  " + cost : "");
      if (cause.origin().isKnown()) {
        out.append("  (").append(DiagnosticPrinter.visible(cause.origin().place())).append(')');
      }
      out.append('\n');
    }
  }

  static String mark(Action action) {
    if (action instanceof Action.Recreate) {
      return "-/+";
    }
    if (action instanceof Action.Adjust || action instanceof Action.Adopt) {
      return "~  ";
    }
    return action instanceof Action.Remove ? "-  " : "+  ";
  }

  /** What is done, in one word. */
  static String word(Action action) {
    if (action instanceof Action.Recreate) {
      return "recreate";
    }
    if (action instanceof Action.Adjust) {
      return "adjust";
    }
    if (action instanceof Action.Adopt) {
      return "adopt";
    }
    if (action instanceof Action.Create) {
      return "create";
    }
    if (action instanceof Action.Start) {
      return "start";
    }
    return action instanceof Action.Remove ? "remove" : "keep";
  }

  /** The same for people, to whom the cost of a change says more. */
  private static String cost(Action action) {
    boolean changes = action instanceof Action.Recreate || action instanceof Action.Adjust;
    return changes ? action.changeClass().toString() : word(action);
  }

  private static String padded(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }
}
