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
    RootfsMode mode = service.rootfs().mode();
    switch (mode) {
      case OVERLAY -> overlay(steps, origin, target, target.upper(), target.work());
      case EPHEMERAL -> ephemeral(steps, origin, target);
      case READONLY -> readonly(steps, origin, target);
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

  /** What is written lives in memory, in a file system that nobody but the container sees. */
  private static void ephemeral(StepList steps, Origin origin, Target target) {
    HostPath layer = target.root();
    steps.add(
        Phase.NAMESPACE,
        origin,
        new Instruction.MountHost("tmpfs", "tmpfs", layer, FLAGS, "mode=0755"));
    for (String name : new String[] {"upper", "work"}) {
      steps.add(Phase.NAMESPACE, origin, new Instruction.Mkdir(layer.resolve(name), 0755));
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

  /**
   * The tree as it is, below a memory file system that only holds the places to mount on: nothing
   * can be made in a read-only root, and a jail may have no /proc.
   */
  private static void readonly(StepList steps, Origin origin, Target target) {
    ephemeral(steps, origin, target);
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
