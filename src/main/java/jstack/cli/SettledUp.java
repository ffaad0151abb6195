package jstack.cli;

import java.util.Optional;
import jstack.engine.SettledStack;
import jstack.plan.Plan;
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

  /** Whether all is as it was; looked at under the lock of the project. */
  boolean holds(LockOptions locking) {
    Optional<String> project = session.plainName();
    if (project.isEmpty()) {
      return false;
    }
    SettledStack found = stack(project.get());
    SettledRecord seen = found.find(request + session.place(project.get())).orElse(null);
    if (seen == null) {
      return false;
    }
    try (ProjectLock lock = session.lock(project.get(), "up", locking)) {
      if (!found.holds(seen)) {
        return false;
      }
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

  /** It was planned and there was nothing to do. What an up warns of, it has to find each time. */
  void note(StackRun run) {
    if (session.isWithoutWarnings() && run.plan().orphans().isEmpty()) {
      String project = session.project();
      stack(project).note(request + session.place(project), session.inputs(), run.observed());
    }
  }
}
