package jstack.plan;

import java.util.ArrayList;
import java.util.List;
import jstack.state.ContainerId;

/**
 * What has to be done to get from the observed to the desired.
 *
 * @param actions one for each container concerned, in the order of the file, removals last
 * @param startWaves the services in the order in which they may start
 * @param orphans containers that the manifest does not know and that are left alone
 * @param network why the stack's rules and bridges change, while the containers run on
 * @param limits what changes in the limits of the whole stack
 */
public record Plan(
    String project,
    List<Action> actions,
    List<List<String>> startWaves,
    List<ContainerId> orphans,
    List<Cause> network,
    StackLimits limits) {
  public Plan {
    actions = List.copyOf(actions);
    startWaves = startWaves.stream().map(List::copyOf).toList();
    orphans = List.copyOf(orphans);
    network = List.copyOf(network);
  }

  /** Those that change something. */
  public List<Action> changes() {
    List<Action> changes = new ArrayList<>();
    for (Action action : actions) {
      if (!(action instanceof Action.Keep)) {
        changes.add(action);
      }
    }
    return changes;
  }

  public boolean isEmpty() {
    return changes().isEmpty() && network.isEmpty() && limits.isEmpty();
  }

  /** The changes of each wave of starts, in order; removals are in none. */
  public List<List<Action>> waves() {
    List<List<Action>> waves = new ArrayList<>();
    for (List<String> wave : startWaves) {
      waves.add(
          changes().stream()
              .filter(action -> !(action instanceof Action.Remove))
              .filter(action -> !action.isLive())
              .filter(action -> wave.contains(action.id().service()))
              .toList());
    }
    return waves;
  }
}
