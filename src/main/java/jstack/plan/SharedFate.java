package jstack.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jstack.linux.Namespace;
import jstack.manifest.Sharing;
import jstack.program.ChangeClass;
import jstack.program.Program;
import jstack.state.ContainerId;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import org.jspecify.annotations.Nullable;

/**
 * A container that is made anew has new namespaces; those who shared the old ones would stay behind
 * in them, so they are made anew, too.
 */
final class SharedFate {
  private final Desired desired;
  private final Observed observed;

  SharedFate(Desired desired, Observed observed) {
    this.desired = desired;
    this.observed = observed;
  }

  /** Turns what would be left alone, or alone in old namespaces, into a recreation. */
  void spread(Map<ContainerId, Action> decided, List<List<String>> startWaves) {
    Map<String, Action> fresh = new HashMap<>();
    Map<String, List<ContainerId>> ids = new HashMap<>();
    for (ContainerId id : desired.programs().keySet()) {
      ids.computeIfAbsent(id.service(), service -> new ArrayList<>()).add(id);
    }
    for (List<String> wave : startWaves) {
      for (String service : wave) {
        for (ContainerId id : ids.getOrDefault(service, List.of())) {
          Action action = decide(id, decided.get(id), fresh);
          if (action != null && !action.isLive()) {
            decided.put(id, action);
            fresh.put(service, action);
          }
        }
      }
    }
  }

  private @Nullable Action decide(
      ContainerId id, @Nullable Action action, Map<String, Action> fresh) {
    List<Cause> causes = new ArrayList<>();
    Map<String, List<Namespace>> owners = desired.shares().getOrDefault(id.service(), Map.of());
    for (Map.Entry<String, List<Namespace>> owner : owners.entrySet()) {
      if (fresh.containsKey(owner.getKey())) {
        causes.add(Cause.of(sentence(owner.getKey(), owner.getValue()), ChangeClass.RECREATE));
      }
    }
    Optional<ObservedContainer> container = observed.find(id);
    boolean runs = container.isPresent() && container.get().state().isAlive();
    if (causes.isEmpty() || !runs || (action != null && !action.isLive())) {
      return action;
    }
    Optional<Program> program = Optional.ofNullable(desired.programs().get(id));
    return program.<Action>map(p -> new Action.Recreate(id, p, causes)).orElse(action);
  }

  private static String sentence(String owner, List<Namespace> kinds) {
    if (kinds.isEmpty()) {
      return "depends on " + owner + ", which is made anew";
    }
    List<String> words = new ArrayList<>();
    kinds.forEach(kind -> words.add(kind.key()));
    String whose = Sharing.isHolder(owner) ? "the named namespace " + owner.substring(1) : owner;
    return "shares " + String.join(", ", words) + " with " + whose + ", which is made anew";
  }
}
