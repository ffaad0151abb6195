package jstack.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Origin;
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
    for (Service service : manifest.services().values()) {
      List<Dependency> all = new ArrayList<>(service.dependsOn());
      for (String owner : Sharing.needs(service)) {
        all.add(new Dependency(owner, service.at("namespaces")));
      }
      needs.put(service.name(), all);
    }
    return new StartOrder(needs, patience);
  }

  /** Nobody starts before the wave in front has started. */
  public static StartOrder inWaves(List<List<String>> waves) {
    Map<String, List<Dependency>> needs = new LinkedHashMap<>();
    for (int i = 1; i < waves.size(); i++) {
      for (String service : waves.get(i)) {
        List<Dependency> all = new ArrayList<>();
        waves.get(i - 1).forEach(other -> all.add(new Dependency(other, Origin.NONE)));
        needs.put(service, all);
      }
    }
    return new StartOrder(needs, null);
  }

  List<Dependency> of(String service) {
    return needs.getOrDefault(service, List.of());
  }

  Duration patience(Condition condition) {
    Duration asked = patience;
    return asked != null
        ? asked
        : condition == Condition.COMPLETED ? UNTIL_COMPLETED : UNTIL_HEALTHY;
  }
}
