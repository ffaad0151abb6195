package jstack.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import jstack.engine.Executor;
import jstack.engine.Signaller;
import jstack.engine.StartOrder;
import jstack.plan.DependencyGraph;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.ProjectRecord;
import jstack.state.RunState;
import org.jspecify.annotations.Nullable;

/** What start and restart have in common: the order of the last up, with all its conditions. */
final class Restarting implements Usage.Group {
  private @Nullable Integer waitTimeout;

  @Nullable Duration patience() {
    Integer seconds = waitTimeout;
    if (seconds != null && seconds <= 0) {
      throw ExecVerb.usage("a wait of " + seconds + " seconds", "--wait-timeout 30");
    }
    return seconds == null ? null : Duration.ofSeconds(seconds);
  }

  /** Those of a project that are no runs of their own. */
  static List<ObservedContainer> all(Session session) {
    return session.observed().containers().stream().filter(c -> !c.id().isOneOff()).toList();
  }

  /**
   * Those that have to be started so that some can be: they, and as with up what they depend on and
   * has stopped. What ran to completion is done.
   *
   * @param again those that run again although they are done
   */
  static List<ObservedContainer> withNeeds(
      Session session, List<ObservedContainer> wanted, Predicate<ContainerId> again) {
    ProjectRecord record = session.projectRecord();
    Set<String> services = new LinkedHashSet<>();
    Set<ContainerId> ids = new LinkedHashSet<>();
    for (ObservedContainer container : wanted) {
      services.add(container.id().service());
      ids.add(container.id());
    }
    Set<String> needed = new DependencyGraph(record.dependencies()).closure(services);
    List<ObservedContainer> ended = new ArrayList<>();
    for (ObservedContainer container : all(session)) {
      boolean meant = ids.contains(container.id());
      boolean done =
          container.state() == RunState.EXITED
              && container.exitCode() == 0
              && record.once().contains(container.id().service());
      if (!container.state().isAlive()
          && (meant || needed.contains(service(container)))
          && (!done || again.test(container.id()))) {
        ended.add(container);
      }
    }
    return ended;
  }

  private static String service(ObservedContainer container) {
    return container.id().service();
  }

  /**
   * Those of them that wait for their next start wait no longer.
   *
   * @return whether there was one
   */
  static boolean startNow(
      Session session, List<ObservedContainer> containers, UpProgress progress) {
    boolean any = false;
    for (ObservedContainer container : containers) {
      if (container.state() == RunState.RESTARTING
          && new Signaller(session.layout()).startNow(container)) {
        progress.startsNow(container);
        any = true;
      }
    }
    return any;
  }

  /** Starts them, each when it may. */
  void start(Session session, Executor executor, List<ObservedContainer> ended, String why) {
    Set<ContainerId> ids = new LinkedHashSet<>();
    ended.forEach(container -> ids.add(container.id()));
    List<ObservedContainer> others =
        all(session).stream().filter(container -> !ids.contains(container.id())).toList();
    StartOrder order = new StartOrder(session.projectRecord().needs(), patience());
    executor.startAgain(ended, others, order, why);
  }

  @Override
  public void usage(Usage usage) {
    usage.number(
        "--wait-timeout",
        "SECONDS",
        "How long to wait for what others depend on: 124 when it is over.",
        value -> waitTimeout = value);
  }
}
