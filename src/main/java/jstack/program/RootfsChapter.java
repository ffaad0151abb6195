package jstack.program;

import java.util.List;
import jstack.diag.Origin;
import jstack.linux.MountAttribute;
import jstack.linux.MountFlag;
import jstack.manifest.HostPath;
import jstack.manifest.RootfsMode;
import jstack.manifest.RootfsSpec;
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
    boolean foreign = isForeign(service, target);
    if (mapped && !foreign) {
      HostPath real = target.host().real(target.rootfs());
      lower(steps, origin, real, target.rootfs(), true);
    }
    RootfsMode mode = service.rootfs().mode();
    switch (mode) {
      case OVERLAY -> {
        if (mapped) {
          steps.add(Phase.NAMESPACE, origin, new HostInstruction.Own(target.upper()));
        }
        if (foreign) {
          lower(steps, origin, target.rootfs(), target.root(), mapped);
        }
        HostPath lower = foreign ? target.root() : target.rootfs();
        overlay(steps, origin, lower, target.upper(), target.work(), target.root());
      }
      case EPHEMERAL, READONLY -> inMemory(steps, origin, target, mapped, foreign);
    }
  }

  /**
   * A directory of the machine's, whose owner may move it while it is looked for: it was judged by
   * this path, and is held by descriptor from there to a place that is ours.
   */
  private static boolean isForeign(Service service, Target target) {
    return service.rootfs() instanceof RootfsSpec.Local local
        && local.real().equals(target.rootfs());
  }

  private static void overlay(
      StepList steps, Origin origin, HostPath lower, HostPath upper, HostPath work, HostPath root) {
    String data =
        "lowerdir="
            + escape(lower, true)
            + ",upperdir="
            + escape(upper, false)
            + ",workdir="
            + escape(work, false);
    steps.add(
        Phase.NAMESPACE,
        origin,
        new MountInstruction.MountHost("overlay", "overlay", root, FLAGS, data));
  }

  /**
   * The tree of the rootfs, mounted where the overlay takes it from as its lower layer; mapped, the
   * owners on disk are those inside, which is what kernels since 5.19 can.
   */
  private static void lower(
      StepList steps, Origin origin, HostPath tree, HostPath place, boolean mapped) {
    int slot = MountChapter.NULL_SLOT + 1;
    steps.add(
        Phase.NAMESPACE, origin, new MountInstruction.OpenTree(slot, tree, false, 0, 0, 0, mapped));
    steps.add(Phase.NAMESPACE, origin, new MountInstruction.PlaceTree(slot, place));
  }

  /**
   * What is written lives in memory, in a file system that nobody but the container sees. Below a
   * read-only root it only holds the places to mount on: nothing can be made in the root itself,
   * and a jail may have no /proc.
   */
  private static void inMemory(
      StepList steps, Origin origin, Target target, boolean mapped, boolean foreign) {
    HostPath layer = target.root();
    HostPath real = target.host().real(layer);
    steps.add(
        Phase.NAMESPACE,
        origin,
        new MountInstruction.MountHost("tmpfs", "tmpfs", layer, FLAGS, "mode=0755"));
    for (String name : foreign ? List.of("upper", "work", "lower") : List.of("upper", "work")) {
      steps.add(Phase.NAMESPACE, origin, new HostInstruction.Mkdir(real.resolve(name), 0755));
    }
    if (mapped) {
      steps.add(Phase.NAMESPACE, origin, new HostInstruction.Own(layer.resolve("upper")));
    }
    HostPath lower = foreign ? layer.resolve("lower") : target.rootfs();
    if (foreign) {
      lower(steps, origin, target.rootfs(), lower, mapped);
    }
    overlay(steps, origin, lower, layer.resolve("upper"), layer.resolve("work"), layer);
  }

  static long rootAttributes(boolean readOnly) {
    return readOnly ? MountAttribute.RDONLY : 0;
  }

  /** Commas end an option, colons end a lower directory, a backslash takes their meaning away. */
  static String escape(HostPath path, boolean lower) {
    String plain = path.value();
    if (plain.indexOf(',') < 0 && plain.indexOf('\\') < 0 && (!lower || plain.indexOf(':') < 0)) {
      return plain;
    }
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < plain.length(); i++) {
      char c = plain.charAt(i);
      if (c == ',' || c == '\\' || (lower && c == ':')) {
        out.append('\\');
      }
      out.append(c);
    }
    return out.toString();
  }
}
