package jstack.engine;

import java.nio.file.Path;
import jstack.manifest.Service;
import jstack.program.Program;
import jstack.rootfs.PreparedRootfs;
import jstack.state.ContainerId;
import jstack.state.StateLayout;

/** A container that lives as long as one call of {@code jstack run}. */
public final class OneOff {
  private final StateLayout layout;
  private final Path shim;
  private final DesiredState desired;

  public OneOff(StateLayout layout, Path shim, DesiredState desired) {
    this.layout = layout;
    this.shim = shim;
    this.desired = desired;
  }

  /**
   * Runs it in the foreground and clears it away.
   *
   * @param forget whether what it wrote goes, too
   * @return the command's exit code
   */
  public int run(ContainerId id, Service service, PreparedRootfs rootfs, boolean forget) {
    Program program = desired.compile(service, id, rootfs);
    RunDirectory directories = new RunDirectory(layout);
    try {
      if (DesiredState.keepsLayer(service.rootfs())) {
        LayerPlan.Layer layer = desired.layer(service, id, rootfs);
        directories.prepareLayer(id, layer.rootfsDigest(), layer.rootfs());
      }
      directories.prepare(id, program);
      return new Foreground(layout, shim).run(id, program);
    } finally {
      directories.remove(id);
      directories.removeProjectIfEmpty(id.project());
      if (forget) {
        new Layers(layout).remove(id);
      }
    }
  }
}
