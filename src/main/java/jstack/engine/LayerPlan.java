package jstack.engine;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import jstack.state.ContainerId;

/**
 * Which containers write to a layer that is kept, and on top of which rootfs it lies; and what each
 * is made from, where that is not written down already.
 */
public record LayerPlan(Map<ContainerId, Layer> layers, Map<ContainerId, Provenance> provenance) {
  /** Containers start again as they were. */
  static final LayerPlan AS_THEY_WERE = new LayerPlan(Map.of(), Map.of());

  public LayerPlan {
    layers = Map.copyOf(layers);
    provenance = Map.copyOf(provenance);
  }

  /** The rootfs below a layer. */
  public record Layer(String rootfsDigest, Path rootfs) {}

  /** Somebody is going to be made: has worked out what is written down with all of them. */
  public void begin() {
    provenance.values().stream().findFirst().ifPresent(first -> first.manifest().begin());
  }

  public Optional<Layer> of(ContainerId id) {
    return Optional.ofNullable(layers.get(id));
  }
}
