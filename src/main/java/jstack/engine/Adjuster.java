package jstack.engine;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import jstack.diag.DiagnosticException;
import jstack.plan.Action;
import jstack.plan.Plan;
import jstack.plan.StackLimits;
import jstack.program.LimitWrite;
import jstack.program.Program;
import jstack.state.LimitObserver;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.Observer;
import jstack.state.StateLayout;

/**
 * Changes limits and settings while the containers run on. Where a limit is about to be written is
 * noted first: should this be cut off, the next plan looks there, whatever the manifest says by
 * then.
 */
final class Adjuster {
  /** A supervisor reads a small file and answers. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final StateLayout layout;
  private final Observer observer;
  private final EngineEvents events;
  private final RunDirectory directories;
  private final LimitObserver notes;

  Adjuster(StateLayout layout, Observer observer, EngineEvents events) {
    this.layout = layout;
    this.observer = observer;
    this.events = events;
    this.directories = new RunDirectory(layout);
    this.notes = new LimitObserver(layout);
  }

  /**
   * Writes what a plan has of this, all of it or nothing.
   *
   * @throws DiagnosticException with each limit that the kernel refuses
   */
  void adjust(Plan plan, Observed observed) {
    StackLimits stack = plan.limits();
    if (!stack.unknown().isEmpty()) {
      throw DiagnosticException.operation(
          "cannot-set-back",
          stack.unknown().get(0) + " is not asked for any more, and its first text is not known",
          "jstack down, then jstack up: the next cgroup of the stack begins anew");
    }
    List<LimitWrite> writes = new ArrayList<>(stack.writes());
    for (Action action : plan.changes()) {
      if (action instanceof Action.Adjust adjust) {
        writes.addAll(adjust.writes());
      }
    }
    try {
      noteAll(plan, observed);
      LimitWriter.write(writes, observed.limits().texts());
      settle(plan, observed);
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "state-directory", "cannot note a limit: " + e.getMessage(), "check the free space");
    }
  }

  private void noteAll(Plan plan, Observed observed) throws IOException {
    for (Action action : plan.changes()) {
      if (action instanceof Action.Adjust adjust && !adjust.writes().isEmpty()) {
        notes.note(adjust.id(), places(adjust.writes()));
      }
    }
    if (plan.limits().writes().isEmpty()) {
      return;
    }
    for (ObservedContainer container : observed.containers()) {
      if (container.state().isAlive() && !container.id().isOneOff()) {
        notes.note(container.id(), places(plan.limits().writes()));
      }
    }
  }

  private static List<LimitWrite.Place> places(Collection<LimitWrite> writes) {
    return writes.stream().map(LimitWrite::place).toList();
  }

  /** Other settings become true in the supervisor, and only then in the record. */
  private void handOver(Action.Adjust adjust) throws IOException {
    directories.offer(adjust.id(), adjust.program());
    String answer;
    try (ShimClient client = ShimClient.send(layout.control(adjust.id()), "reload")) {
      answer = client.await(PATIENCE).orElse("");
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "cannot-reload",
          "the supervisor of "
              + adjust.id().name()
              + " "
              + ShimClient.whyUnsent(layout.control(adjust.id())),
          "jstack up once more gives it a new one");
    }
    if (!answer.equals("ok")) {
      throw DiagnosticException.operation(
          "cannot-reload",
          "the supervisor of " + adjust.id().name() + " does not take its new settings",
          "jstack up --force-recreate makes the container anew");
    }
  }

  private void settle(Plan plan, Observed observed) throws IOException {
    Program stack = plan.limits().program();
    if (stack != null) {
      // Whoever starts again later, asked or not, starts with what the stack's limits are now.
      for (ObservedContainer container : observer.observe(plan.project()).containers()) {
        if (!container.id().isOneOff()) {
          container
              .program()
              .map(program -> program.withStackLimitsOf(stack))
              .ifPresent(program -> directories.note(container.id(), program));
        }
      }
    }
    for (Action action : plan.changes()) {
      if (action instanceof Action.Adjust adjust) {
        if (adjust.settings()) {
          handOver(adjust);
        }
        directories.note(adjust.id(), adjust.program());
        directories.forgetUpdates(adjust.id());
        events.adjusted(adjust.id(), adjust.causes());
      }
    }
    for (ObservedContainer container : observed.containers()) {
      if (stack != null && !container.id().isOneOff()) {
        notes.keepOwn(container.id());
      }
    }
    if (!plan.limits().causes().isEmpty()) {
      events.stackAdjusted(plan.limits().causes());
    }
  }
}
