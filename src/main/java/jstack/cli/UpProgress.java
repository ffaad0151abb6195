package jstack.cli;

import java.io.PrintStream;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticPrinter;
import jstack.engine.EngineEvents;
import jstack.manifest.Condition;
import jstack.plan.Action;
import jstack.plan.Cause;
import jstack.program.ChangeClass;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.Receipt;
import org.jspecify.annotations.Nullable;

/**
 * What the engine does, a line for each container on stderr, with the reason where there is one.
 */
final class UpProgress implements EngineEvents {
  private final PrintStream err;
  private final boolean quiet;
  private final EngineEvents attached;
  private final Map<ContainerId, List<Cause>> causes = new HashMap<>();
  private final Set<ContainerId> reached = new HashSet<>();

  UpProgress(PrintStream err, boolean quiet) {
    this(err, quiet, EngineEvents.SILENT);
  }

  /**
   * @param attached who stays, follows those who start, and says when the user wishes to stop
   */
  UpProgress(PrintStream err, boolean quiet, EngineEvents attached) {
    this.err = err;
    this.quiet = quiet;
    this.attached = attached;
  }

  @Override
  public boolean isCancelled() {
    return attached.isCancelled();
  }

  @Override
  public void waits() {
    attached.waits();
  }

  @Override
  public void created(ContainerId id) {
    say(id.name() + "  created");
  }

  @Override
  public void starting(ContainerId id, List<Cause> why) {
    causes.put(id, why);
  }

  @Override
  public void started(ContainerId id, long pid) {
    List<Cause> why = causes.getOrDefault(id, List.of());
    say(id.name() + "  started" + because(why) + cost(why));
    attached.started(id, pid);
  }

  /** Each is told once, whoever else waits for it. */
  @Override
  public void reached(ContainerId id, Condition condition) {
    if (condition != Condition.STARTED && reached.add(id)) {
      say(id.name() + (condition == Condition.HEALTHY ? "  healthy" : "  done"));
    }
  }

  /** Of one that waited for its next start. */
  void startsNow(ObservedContainer container) {
    say(container.id().name() + "  starts now  it waited after exit code " + container.exitCode());
  }

  @Override
  public void unchanged(Action.Keep action) {
    say(action.id().name() + "  unchanged");
  }

  @Override
  public void adopted(ContainerId id, List<Cause> why) {
    say(id.name() + "  adopted" + because(why));
  }

  @Override
  public void adjusted(ContainerId id, List<Cause> why) {
    say(id.name() + "  adjusted" + because(why));
  }

  @Override
  public void stackAdjusted(List<Cause> why) {
    say("stack  adjusted" + because(why));
  }

  @Override
  public void stopped(ContainerId id, int exitCode, @Nullable Receipt receipt) {
    String why = receipt == null ? "" : OutOfMemory.of(receipt);
    say(id.name() + "  stopped  exit code " + exitCode + why);
  }

  @Override
  public void removed(ContainerId id) {
    say(id.name() + "  removed");
  }

  @Override
  public void goesOnWithout(Diagnostic warning) {
    err.println(warning.headline());
    warning.details().forEach(line -> err.println("  " + line));
  }

  /** What a changed key took, as the plan has it; nothing when none did. */
  private static String cost(List<Cause> causes) {
    ChangeClass dearest = ChangeClass.NONE;
    boolean changed = false;
    for (Cause cause : causes) {
      changed |= !cause.key().isEmpty();
      dearest = dearest.and(cause.cost());
    }
    return changed ? "  " + dearest : "";
  }

  private static String because(List<Cause> causes) {
    StringBuilder out = new StringBuilder();
    for (Cause cause : causes) {
      out.append(out.isEmpty() ? "  " : "; ").append(DiagnosticPrinter.visible(cause.toString()));
    }
    return out.toString();
  }

  void nothingToDo() {
    say("nothing to do");
  }

  private void say(String line) {
    if (!quiet) {
      err.println(line);
    }
  }
}
