package jstack.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import jstack.diag.DiagnosticException;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.RunState;
import jstack.state.StateLayout;
import org.jspecify.annotations.Nullable;

/** Ends containers: afterwards no process, cgroup or socket of theirs is left. */
final class Teardown {
  private final StateLayout layout;
  private final SupervisorUnit unit;
  private final EngineEvents events;

  /**
   * @param unit where supervisors live
   */
  Teardown(StateLayout layout, SupervisorUnit unit, EngineEvents events) {
    this.layout = layout;
    this.unit = unit;
    this.events = events;
  }

  /**
   * Stops them and clears them away.
   *
   * @param startWaves the order of starts
   * @param grace instead of each container's own; null leaves that
   */
  void end(
      List<ObservedContainer> containers,
      ShimLauncher launcher,
      List<List<String>> startWaves,
      @Nullable Duration grace) {
    Stopper stopper = new Stopper(layout, events);
    List<ObservedContainer> unanswered = new ArrayList<>();
    List<ObservedContainer> running = new ArrayList<>();
    Set<ContainerId> adopted = adoptAlive(containers, launcher);
    for (ObservedContainer container : containers) {
      // Whoever is on its way has a supervisor, which would go on beside another one; whoever's
      // status is torn may have one: it answers, or is not there.
      if (container.state().isSupervised()
          || container.state() == RunState.STARTING
          || adopted.contains(container.id())
          || container.status().isEmpty()) {
        running.add(container);
      } else if (!container.isClearedAway()) {
        unanswered.add(container);
      }
    }
    for (List<ObservedContainer> wave : stopOrder(running, startWaves)) {
      unanswered.addAll(stopper.stop(wave, grace));
    }
    clean(unanswered, launcher);
  }

  /** Only a supervisor can end a container with its own signal and grace. */
  private Set<ContainerId> adoptAlive(List<ObservedContainer> containers, ShimLauncher launcher) {
    List<ContainerId> ids = new ArrayList<>();
    for (ObservedContainer container : containers) {
      if (container.state().needsSupervisor()) {
        ids.add(container.id());
      }
    }
    Set<ContainerId> adopted = new HashSet<>(ids);
    adopted.removeAll(new Adopter(layout, events).adopt(ids, launcher).keySet());
    return adopted;
  }

  /** Who goes before whom: the other way round than they came. */
  static List<List<ObservedContainer>> stopOrder(
      List<ObservedContainer> containers, List<List<String>> startWaves) {
    List<List<ObservedContainer>> waves = new ArrayList<>();
    List<ObservedContainer> left = new ArrayList<>(containers);
    for (int i = startWaves.size() - 1; i >= 0; i--) {
      List<String> services = startWaves.get(i);
      List<ObservedContainer> wave =
          left.stream().filter(c -> services.contains(c.id().service())).toList();
      left.removeAll(wave);
      waves.add(wave);
    }
    waves.add(0, left);
    return waves.stream().filter(wave -> !wave.isEmpty()).toList();
  }

  private void clean(List<ObservedContainer> containers, ShimLauncher launcher) {
    int asked = 0;
    Salvager salvager = new Salvager(layout);
    for (ObservedContainer container : containers) {
      salvager.mend(container, unit);
      launcher.clean(layout.container(container.id()));
      asked++;
    }
    for (int i = 0; i < asked; i++) {
      ShimLauncher.Answer answer = launcher.await();
      if (!answer.word().equals("cleaned")) {
        throw DiagnosticException.operation(
            "cannot-clean",
            "cannot clear away what is left of " + answer.runDirectory(),
            "see its processes with jstack ps, and its cgroups below /sys/fs/cgroup/*/jstack");
      }
    }
  }
}
