package jstack.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which service needs which, and so what may start together. Names that are not services of the
 * graph are left out; a cycle has been refused with the manifest, and here its members simply
 * follow in the order of the file.
 */
public final class DependencyGraph {
  private final Map<String, List<String>> needs;

  public DependencyGraph(Map<String, List<String>> needs) {
    Map<String, List<String>> known = new LinkedHashMap<>();
    needs.forEach(
        (service, others) ->
            known.put(service, others.stream().filter(needs::containsKey).toList()));
    this.needs = known;
  }

  /**
   * The services in waves: each wave needs only earlier ones. Inside a wave, and among the waves
   * where nothing else decides, the order of the file stays.
   */
  public List<List<String>> startWaves() {
    Map<String, Integer> depths = new HashMap<>();
    List<List<String>> waves = new ArrayList<>();
    for (String service : needs.keySet()) {
      int depth = depth(service, depths, new TreeSet<>());
      while (waves.size() <= depth) {
        waves.add(new ArrayList<>());
      }
      waves.get(depth).add(service);
    }
    return waves;
  }

  /** The waves in which services stop: nobody goes before those who need it. */
  public List<List<String>> stopWaves() {
    List<List<String>> waves = new ArrayList<>(startWaves());
    Collections.reverse(waves);
    return waves;
  }

  private int depth(String service, Map<String, Integer> depths, Set<String> path) {
    Integer known = depths.get(service);
    if (known != null) {
      return known;
    }
    path.add(service);
    int depth = 0;
    for (String other : needs.getOrDefault(service, List.of())) {
      if (!path.contains(other)) {
        depth = Math.max(depth, 1 + depth(other, depths, path));
      }
    }
    path.remove(service);
    depths.put(service, depth);
    return depth;
  }

  /** The given services with everything that they need, in the order of the file. */
  public Set<String> closure(Set<String> services) {
    Set<String> all = new TreeSet<>();
    services.forEach(service -> collect(service, all));
    Set<String> ordered = new java.util.LinkedHashSet<>(needs.keySet());
    ordered.retainAll(all);
    return ordered;
  }

  private void collect(String service, Set<String> into) {
    if (into.add(service)) {
      needs.getOrDefault(service, List.of()).forEach(other -> collect(other, into));
    }
  }
}
