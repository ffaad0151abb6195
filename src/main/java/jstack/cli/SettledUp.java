package jstack.cli;

import java.util.Optional;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Inputs;
import jstack.engine.SettledStack;
import jstack.plan.Outcome;
import jstack.plan.Plan;
import jstack.plan.PlanOptions;
import jstack.state.Observed;
import jstack.state.ProjectLock;
import jstack.state.SettledRecord;
import org.jspecify.annotations.Nullable;

/** The short way of an up: when all is as it was when nothing was to be done, nothing is. */
final class SettledUp {
  /** Set by tests: it is planned all the same, and that must find nothing to do. */
  private static final String ALWAYS_PLAN = "JSTACK_ALWAYS_PLAN";

  private final Console console;
  private final Session session;
  private final String request;
  private @Nullable SettledStack stack;
  private @Nullable SettledRecord record;

  /**
   * @param request what is asked for, in one line
   */
  SettledUp(Console console, Session session, String request) {
    this.console = console;
    this.session = session;
    this.request = request;
  }

  /**
   * Whether all is as it was; looked at under the lock of the project. While another run holds that
   * it is not known: whoever has to wait hears first what is wrong with the manifest.
   */
  boolean holds() {
    Optional<String> project = session.plainName();
    if (project.isEmpty()) {
      return false;
    }
    SettledStack found = stack(project.get());
    SettledRecord seen = found.find(request + session.place(project.get())).orElse(null);
    if (seen == null) {
      return false;
    }
    try (ProjectLock lock = session.lock(project.get(), "up", LockOptions.NONE)) {
      if (!found.holds(seen)) {
        return false;
      }
    } catch (DiagnosticException e) {
      if (e.failure() == Failure.LOCKED) {
        return false;
      }
      throw e;
    }
    stack = found;
    record = seen;
    return !console.environment().containsKey(ALWAYS_PLAN);
  }

  private SettledStack stack(String project) {
    return new SettledStack(session.layout(), session.observer(), project, console.environment());
  }

  /** It was planned. Whether that came to something although all was, and still is, as it was. */
  void requireTruth(Plan plan) {
    SettledStack before = stack;
    SettledRecord seen = record;
    if (before != null && seen != null && !plan.isEmpty() && before.holds(seen)) {
      throw new IllegalStateException("held to be settled:\n" + PlanPrinter.text(plan));
    }
  }

  /** It was planned and there was nothing to do. */
  void note(StackRun run) {
    if (mayBeKept()) {
      note(run, new Inputs());
    }
  }

  /**
   * It was planned and done, so that there should be nothing to do from now on. What is noted of
   * the containers is what they should be by now: if they are not, the next one sees that.
   */
  void noteDone(StackRun run, PlanOptions asked) {
    Observed outcome = Outcome.of(run.plan(), run.observed()).orElse(null);
    if (outcome == null || !mayBeKept()) {
      return;
    }
    Inputs now = new Inputs();
    try {
      StackRun after = run.again(session, asked, outcome, now);
      if (after.plan().isEmpty()) {
        note(after, now);
      }
    } catch (DiagnosticException e) {
      return; // what was asked for is done: that something is wrong by now is for the next one
    }
  }

  /** What an up warns of, it has to find each time. */
  private boolean mayBeKept() {
    return session.isWithoutWarnings() && session.inputs().areRepeatable();
  }

  private void note(StackRun run, Inputs since) {
    if (run.plan().orphans().isEmpty()) {
      String project = session.project();
      Inputs all = session.inputs().with(since);
      stack(project).note(request + session.place(project), all, run.observed());
    }
  }
}
