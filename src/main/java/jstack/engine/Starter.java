package jstack.engine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.manifest.Condition;
import jstack.manifest.Dependency;
import jstack.plan.Action;
import jstack.plan.Plan;
import jstack.state.ContainerId;
import jstack.state.Observer;
import jstack.state.StateLayout;

/**
 * Starts containers side by side, each as soon as what it depends on has come far enough. Nobody
 * waits for ever: a wait has a deadline, and what can never come true ends it at once.
 */
final class Starter {
  private final Observer observer;
  private final EngineEvents events;
  private final StartOrder order;
  private final Waiting pace;

  /** Every container of each service that the plan is about; others are nobody's to wait for. */
  private final Map<String, List<ContainerId>> containers = new HashMap<>();

  private final Map<ContainerId, Action> waiting = new LinkedHashMap<>();
  private final Map<Path, Action> underWay = new HashMap<>();
  private final Set<ContainerId> pending = new HashSet<>();
  private final Set<ContainerId> skipped = new HashSet<>();
  private final Map<String, Long> since = new HashMap<>();
  private final Set<String> warned = new HashSet<>();
  private final List<Diagnostic> broken = new ArrayList<>();
  private final List<Diagnostic> failures = new ArrayList<>();
  private boolean late;

  Starter(StateLayout layout, Observer observer, EngineEvents events, StartOrder order) {
    this.observer = observer;
    this.events = events;
    this.order = order;
    this.pace = new Waiting(layout, observer);
  }

  /** Those that could not be made. */
  List<Diagnostic> failures() {
    return failures;
  }

  /** Those that were not even tried, since another one did not come far enough. */
  List<Diagnostic> broken() {
    return broken;
  }

  /** What the broken waits are to whoever called. */
  Failure failure() {
    return late ? Failure.TIMEOUT : Failure.OPERATION;
  }

  /**
   * Returns when everybody has started or will not. Nobody starts any more when the events say so:
   * then it throws.
   *
   * @param launch asks for one container and gives its directory; the answer comes by the launcher
   * @param why says why one could not be made
   */
  void start(
      Plan plan,
      ShimLauncher launcher,
      java.util.function.Function<Action, Path> launch,
      BiFunction<Action, ShimLauncher.Answer, Diagnostic> why,
      Consumer<Action> made) {
    for (Action action : plan.actions()) {
      if (action instanceof Action.Remove) {
        continue;
      }
      containers.computeIfAbsent(action.id().service(), k -> new ArrayList<>()).add(action.id());
      if (!action.isLive()) {
        waiting.put(action.id(), action);
        pending.add(action.id());
      }
    }
    while (!waiting.isEmpty() || !underWay.isEmpty()) {
      boolean looks = failures.isEmpty() && launchReady(launch, made);
      if (!failures.isEmpty() && underWay.isEmpty()) {
        return;
      }
      if (!underWay.isEmpty() && (!looks || launcher.hasAnswer())) {
        answer(launcher.await(), why);
      } else if (looks) {
        events.waits();
        pace.pause();
      }
      if (events.isCancelled()) {
        finish(launcher, why);
        throw Waiting.cancelled();
      }
    }
  }

  /** What was asked for is answered: nobody is left who nobody knows of. */
  private void finish(
      ShimLauncher launcher, BiFunction<Action, ShimLauncher.Answer, Diagnostic> why) {
    while (!underWay.isEmpty()) {
      answer(launcher.await(), why);
    }
  }

  private void answer(
      ShimLauncher.Answer answer, BiFunction<Action, ShimLauncher.Answer, Diagnostic> why) {
    Action action = Optional.ofNullable(underWay.remove(answer.runDirectory())).orElseThrow();
    pending.remove(action.id());
    if (answer.started()) {
      events.started(action.id(), answer.pid());
    } else {
      failures.add(why.apply(action, answer));
    }
  }

  /**
   * Asks for all that may start now.
   *
   * @return whether somebody waits for a thing that no answer of the launcher will tell
   */
  private boolean launchReady(
      java.util.function.Function<Action, Path> launch, Consumer<Action> made) {
    boolean looks = false;
    boolean again = true;
    while (again) {
      again = false;
      looks = false;
      for (Iterator<Action> each = waiting.values().iterator(); each.hasNext(); ) {
        Action action = each.next();
        Verdict verdict = judge(action);
        if (verdict == Verdict.READY) {
          each.remove();
          made.accept(action);
          try {
            underWay.put(launch.apply(action), action);
          } catch (DiagnosticException e) {
            failures.addAll(e.diagnostics()); // those who were asked for have to be waited for
            pending.remove(action.id());
            return false;
          }
        } else if (verdict == Verdict.NEVER) {
          each.remove();
          pending.remove(action.id());
          skipped.add(action.id());
          again = true; // those behind it may have been judged before
        } else {
          looks |= verdict == Verdict.LOOK_AGAIN;
        }
      }
    }
    return looks;
  }

  private enum Verdict {
    READY,
    NEVER,
    /** The launcher will say when. */
    LATER,
    /** Only its status tells. */
    LOOK_AGAIN
  }

  private Verdict judge(Action action) {
    Verdict verdict = Verdict.READY;
    for (Dependency dependency : order.of(action.id().service())) {
      for (ContainerId other : containers.getOrDefault(dependency.service(), List.of())) {
        Verdict one = judge(action, dependency, other);
        if (one == Verdict.NEVER) {
          return one;
        }
        verdict = one.compareTo(verdict) > 0 ? one : verdict;
      }
    }
    return verdict;
  }

  private Verdict judge(Action action, Dependency dependency, ContainerId other) {
    if (skipped.contains(other)) {
      return give(action, dependency, other.name() + " was not started", List.of(), other);
    }
    if (pending.contains(other)) {
      return Verdict.LATER;
    }
    Condition condition = dependency.condition();
    if (condition == Condition.STARTED) {
      return Verdict.READY; // it was before, or the launcher said so
    }
    return switch (Progress.of(condition, observer.observe(other))) {
      case MET -> {
        if (since.containsKey(condition + " " + other.name())) {
          events.reached(other, condition);
        }
        yield Verdict.READY;
      }
      case BROKEN -> {
        List<String> said =
            condition == Condition.HEALTHY ? pace.lastHealthOutput(other) : List.of();
        yield give(action, dependency, pace.whyBroken(condition, other), said, other);
      }
      case WAITING -> {
        long now = System.nanoTime();
        long begun = since.computeIfAbsent(condition + " " + other.name(), k -> now);
        long patience = order.patience(condition).toNanos();
        if (now - begun < patience) {
          yield Verdict.LOOK_AGAIN;
        }
        late |= dependency.required();
        String text = Waiting.whyLate(condition, other, patience / 1_000_000_000);
        yield give(action, dependency, text, pace.lastHealthOutput(other), other);
      }
    };
  }

  /** One that is not required is given up alone; otherwise who depends on it is not started. */
  private Verdict give(
      Action action, Dependency dependency, String why, List<String> said, ContainerId other) {
    String name = action.id().name();
    if (!dependency.required()) {
      if (warned.add(name + " " + other.name())) {
        events.goesOnWithout(
            Diagnostic.warning(
                    dependency.origin(), "dependency", why + "; " + name + " starts without it")
                .withDetails(said));
      }
      return Verdict.READY;
    }
    broken.add(
        Diagnostic.error(dependency.origin(), "dependency", name + " was not started: " + why)
            .withDetails(said)
            .withHint(skipped.contains(other) ? "" : "see jstack logs " + other.service()));
    return Verdict.NEVER;
  }
}
