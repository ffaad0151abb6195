package jstack.engine;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import jstack.state.ContainerId;

/** Which containers write to a layer that is kept, and on top of which rootfs it lies. */
public record LayerPlan(Map<ContainerId, Layer> layers) {
  public LayerPlan {
    layers = Map.copyOf(layers);
  }

  /** The rootfs below a layer. */
  public record Layer(String rootfsDigest, Path rootfs) {}

  public Optional<Layer> of(ContainerId id) {
    return Optional.ofNullable(layers.get(id));
  }
}
