package jstack.program;

import jstack.diag.Origin;
import jstack.linux.MountAttribute;
import jstack.linux.MountFlag;
import jstack.manifest.HostPath;
import jstack.manifest.RootfsMode;
import jstack.manifest.Service;

/**
 * The root: the tree of the rootfs below a layer that takes the writes; see the overlay's page in
 * the kernel's documentation.
 */
final class RootfsChapter {
  private static final long FLAGS = MountFlag.NODEV | MountFlag.NOSUID;

  private RootfsChapter() {}

  static void write(StepList steps, Service service, Target target) {
    Origin origin = service.at("rootfs");
    boolean mapped = NamespaceChapter.mapsIds(service);
    if (mapped) {
      mapLower(steps, origin, target);
    }
    RootfsMode mode = service.rootfs().mode();
    switch (mode) {
      case OVERLAY -> {
        if (mapped) {
          steps.add(Phase.NAMESPACE, origin, new Instruction.Own(target.upper()));
        }
        overlay(steps, origin, target, target.upper(), target.work());
      }
      case EPHEMERAL, READONLY -> inMemory(steps, origin, target, mapped);
    }
  }

  private static void overlay(
      StepList steps, Origin origin, Target target, HostPath upper, HostPath work) {
    String data =
        "lowerdir="
            + escape(target.rootfs(), true)
            + ",upperdir="
            + escape(upper, false)
            + ",workdir="
            + escape(work, false);
    steps.add(
        Phase.NAMESPACE,
        origin,
        new Instruction.MountHost("overlay", "overlay", target.root(), FLAGS, data));
  }

  /**
   * The tree of the rootfs, mapped and mounted on itself: the owners on disk are those inside. The
   * overlay takes it from there as its lower layer; that is what kernels since 5.19 can.
   */
  private static void mapLower(StepList steps, Origin origin, Target target) {
    int slot = MountChapter.NULL_SLOT + 1;
    HostPath real = target.host().real(target.rootfs());
    steps.add(Phase.NAMESPACE, origin, new Instruction.OpenTree(slot, real, false, 0, 0, 0, true));
    steps.add(Phase.NAMESPACE, origin, new Instruction.PlaceTree(slot, target.rootfs()));
  }

  /**
   * What is written lives in memory, in a file system that nobody but the container sees. Below a
   * read-only root it only holds the places to mount on: nothing can be made in the root itself,
   * and a jail may have no /proc.
   */
  private static void inMemory(StepList steps, Origin origin, Target target, boolean mapped) {
    HostPath layer = target.root();
    HostPath real = target.host().real(layer);
    steps.add(
        Phase.NAMESPACE,
        origin,
        new Instruction.MountHost("tmpfs", "tmpfs", layer, FLAGS, "mode=0755"));
    for (String name : new String[] {"upper", "work"}) {
      steps.add(Phase.NAMESPACE, origin, new Instruction.Mkdir(real.resolve(name), 0755));
    }
    if (mapped) {
      steps.add(Phase.NAMESPACE, origin, new Instruction.Own(layer.resolve("upper")));
    }
    String data =
        "lowerdir="
            + escape(target.rootfs(), true)
            + ",upperdir="
            + escape(layer.resolve("upper"), false)
            + ",workdir="
            + escape(layer.resolve("work"), false);
    steps.add(
        Phase.NAMESPACE,
        origin,
        new Instruction.MountHost("overlay", "overlay", layer, FLAGS, data));
  }

  static long rootAttributes(boolean readOnly) {
    return readOnly ? MountAttribute.RDONLY : 0;
  }

  /** Commas end an option, colons end a lower directory, a backslash takes their meaning away. */
  static String escape(HostPath path, boolean lower) {
    StringBuilder out = new StringBuilder();
    for (char c : path.value().toCharArray()) {
      if (c == ',' || c == '\\' || (lower && c == ':')) {
        out.append('\\');
      }
      out.append(c);
    }
    return out.toString();
  }
}
