package jstack.state;

import java.util.List;
import java.util.Map;
import jstack.manifest.HostPath;
import jstack.program.LimitWrite;

/**
 * What the kernel's files say of the limits of a stack, whatever was written to them and by whom.
 *
 * @param texts of the files that are there
 * @param updated what {@code jstack update} wrote to, by container
 */
public record SeenLimits(
    Map<HostPath, String> texts, Map<ContainerId, List<LimitWrite.Place>> updated) {
  /** Nobody looked. */
  public static final SeenLimits NONE = new SeenLimits(Map.of(), Map.of());

  public SeenLimits {
    texts = Map.copyOf(texts);
    updated = Map.copyOf(updated);
  }

  /** What {@code jstack update} wrote to for a container. */
  public List<LimitWrite.Place> updatedOf(ContainerId id) {
    return updated.getOrDefault(id, List.of());
  }
}
