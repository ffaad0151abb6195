package jstack.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.manifest.Condition;
import jstack.manifest.Dependency;
import jstack.manifest.Manifest;
import jstack.manifest.Service;
import jstack.manifest.Sharing;
import org.jspecify.annotations.Nullable;

/**
 * Who starts behind whom, and how long one may wait for another.
 *
 * @param needs for each service what has to hold before it starts
 * @param patience for every wait; null is the usual of each condition
 */
public record StartOrder(Map<String, List<Dependency>> needs, @Nullable Duration patience) {
  /** A check that goes on for longer without a verdict is taken to be stuck. */
  private static final Duration UNTIL_HEALTHY = Duration.ofMinutes(10);

  /** As long as a job may take that says nothing of it, and what its end needs. */
  private static final Duration UNTIL_COMPLETED = Duration.ofMinutes(61);

  /** As a manifest says: its conditions, and the owners of shared namespaces. */
  public static StartOrder of(Manifest manifest, @Nullable Duration patience) {
    Map<String, List<Dependency>> needs = new LinkedHashMap<>();
    for (Service service : DesiredState.all(manifest)) {
      List<Dependency> all = new ArrayList<>(service.dependsOn());
      for (String owner : Sharing.needs(service)) {
        all.add(new Dependency(owner, service.at("namespaces")));
      }
      needs.put(service.name(), all);
    }
    return new StartOrder(needs, patience);
  }

  List<Dependency> of(String service) {
    return needs.getOrDefault(service, List.of());
  }

  /** For a start itself, hooks and all: who has less patience with the others does not mean it. */
  Duration ofStart() {
    Duration asked = patience;
    return asked != null && asked.compareTo(UNTIL_HEALTHY) > 0 ? asked : UNTIL_HEALTHY;
  }

  Duration patience(Condition condition) {
    Duration asked = patience;
    return asked != null
        ? asked
        : condition == Condition.COMPLETED ? UNTIL_COMPLETED : UNTIL_HEALTHY;
  }
}
