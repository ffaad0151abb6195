package jstack.state;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Everything of one project that the machine shows, sorted by service and number.
 *
 * @param limits what the kernel says of the limits of those that run, when somebody looked
 */
public record Observed(String project, List<ObservedContainer> containers, SeenLimits limits) {
  public Observed(String project, List<ObservedContainer> containers) {
    this(project, containers, SeenLimits.NONE);
  }

  public Observed {
    List<ObservedContainer> sorted = new ArrayList<>(containers);
    sorted.sort((a, b) -> a.id().compareTo(b.id()));
    containers = List.copyOf(sorted);
  }

  Observed with(SeenLimits seen) {
    return new Observed(project, containers, seen);
  }

  /** They are sorted: a stack of a hundred asks for each of a hundred. */
  public Optional<ObservedContainer> find(ContainerId id) {
    int low = 0;
    int high = containers.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = containers.get(middle).id().compareTo(id);
      if (order == 0) {
        ObservedContainer found = containers.get(middle);
        return found.id().equals(id) ? Optional.of(found) : Optional.empty();
      }
      low = order < 0 ? middle + 1 : low;
      high = order < 0 ? high : middle - 1;
    }
    return Optional.empty();
  }

  /** The lasting containers of a service; one-offs of {@code jstack run} are not among them. */
  public List<ObservedContainer> of(String service) {
    return containers.stream()
        .filter(c -> c.id().service().equals(service) && !c.id().isOneOff())
        .toList();
  }
}
