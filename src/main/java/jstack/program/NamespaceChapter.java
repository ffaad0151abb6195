package jstack.program;

import java.util.List;
import jstack.diag.Origin;
import jstack.linux.MountFlag;
import jstack.linux.Namespace;
import jstack.manifest.HostPath;
import jstack.manifest.IdMap;
import jstack.manifest.NamespaceSource;
import jstack.manifest.RootfsSpec;
import jstack.manifest.Service;
import jstack.manifest.TimeOffsets;

/**
 * Which namespaces the container is born in, which it leaves for new ones, and which it joins.
 *
 * <p>The first process stays the machine's root until everything is in place, and enters the user
 * namespace last. A pid namespace is joined by the supervisor, since only children are in it. The
 * cgroup namespace is left only after the cgroups were joined: its root is where the process is at
 * that moment; see cgroup_namespaces(7).
 */
final class NamespaceChapter {
  private static final List<Namespace> JOINED_INSIDE =
      List.of(Namespace.NETWORK, Namespace.UTS, Namespace.IPC, Namespace.CGROUP, Namespace.TIME);

  private static final List<Namespace> BORN_WITH =
      List.of(Namespace.MOUNT, Namespace.UTS, Namespace.IPC, Namespace.PID);

  private final Service service;
  private final Target target;

  NamespaceChapter(Service service, Target target) {
    this.service = service;
    this.target = target;
  }

  private static long flag(Namespace namespace) {
    return Integer.toUnsignedLong(namespace.cloneFlag());
  }

  private boolean isOwn(Namespace namespace) {
    return service.namespaces().isOwn(namespace);
  }

  private Origin at(Namespace namespace) {
    return service.at("namespaces." + namespace.key());
  }

  /** The last steps on the host. */
  void spawn(StepList steps, HostPath bornIn) {
    IdMap ids = target.around().ids();
    if (isOwn(Namespace.USER) && ids != null) {
      Instruction made = new NamespaceInstruction.NewUser(text(ids.uids()), text(ids.gids()));
      steps.add(Phase.HOST, at(Namespace.USER), made);
    } else {
      join(steps, Phase.HOST, Namespace.USER);
    }
    join(steps, Phase.HOST, Namespace.PID);
    long flags = 0;
    for (Namespace namespace : BORN_WITH) {
      flags |= isOwn(namespace) ? flag(namespace) : 0;
    }
    if (isOwn(Namespace.NETWORK) && target.around().network() == null) {
      flags |= flag(Namespace.NETWORK);
    }
    steps.add(Phase.HOST, service.at("namespaces"), new NamespaceInstruction.Spawn(flags, bornIn));
  }

  /** The first steps of the container's first process, which is in its cgroups by now. */
  void join(StepList steps) {
    HostPath network = target.around().network();
    if (isOwn(Namespace.NETWORK) && network != null) {
      Instruction join = new NamespaceInstruction.JoinNamespace(network, flag(Namespace.NETWORK));
      steps.add(Phase.NAMESPACE, service.at("networks"), join);
    }
    for (Namespace namespace : JOINED_INSIDE) {
      join(steps, Phase.NAMESPACE, namespace);
    }
    if (isOwn(Namespace.TIME)) {
      Instruction offsets =
          new NamespaceInstruction.TimeOffsets(text(service.namespaces().timeOffsets()));
      steps.add(Phase.NAMESPACE, at(Namespace.TIME), offsets);
    }
    if (isOwn(Namespace.CGROUP)) {
      Instruction unshare = new NamespaceInstruction.Unshare(flag(Namespace.CGROUP));
      steps.add(Phase.NAMESPACE, at(Namespace.CGROUP), unshare);
    }
    if (isOwn(Namespace.MOUNT)) {
      Instruction separate =
          new MountInstruction.SetPropagation(new HostPath("/"), MountFlag.REC | MountFlag.PRIVATE);
      steps.add(Phase.NAMESPACE, at(Namespace.MOUNT), separate);
    } else {
      join(steps, Phase.NAMESPACE, Namespace.MOUNT);
    }
  }

  /** Whether the container has a tree of its own, and not that of the machine or of another. */
  static boolean hasTree(Service service) {
    return !(service.rootfs() instanceof RootfsSpec.Shared);
  }

  /** Whether ids inside are others outside. */
  static boolean mapsIds(Service service) {
    return !service.namespaces().isHost(Namespace.USER);
  }

  /** The very last thing that the machine's root does. */
  void enterUser(StepList steps) {
    if (mapsIds(service)) {
      steps.add(Phase.ROOT, at(Namespace.USER), new NamespaceInstruction.EnterUser());
    }
  }

  private void join(StepList steps, Phase phase, Namespace namespace) {
    NamespaceSource source = service.namespaces().of(namespace);
    Instruction join = null;
    if (source instanceof NamespaceSource.AtPath at) {
      join = new NamespaceInstruction.JoinNamespace(at.path(), flag(namespace));
    } else if (source instanceof NamespaceSource.OfService shared) {
      join =
          new NamespaceInstruction.JoinContainer(
              target.around().service(shared.service()), flag(namespace));
    } else if (source instanceof NamespaceSource.Named named) {
      HostPath place = target.around().named(named.name());
      join =
          namespace == Namespace.NETWORK
              ? new NamespaceInstruction.JoinNamespace(place, flag(namespace))
              : new NamespaceInstruction.JoinContainer(place, flag(namespace));
    }
    if (join != null) {
      steps.add(phase, at(namespace), join);
    }
  }

  private static String text(List<IdMap.Range> ranges) {
    StringBuilder out = new StringBuilder();
    for (IdMap.Range range : ranges) {
      out.append(out.isEmpty() ? "" : ",").append(range);
    }
    return out.toString();
  }

  /** Clock, seconds, nanoseconds; see time_namespaces(7). */
  private static String text(@org.jspecify.annotations.Nullable TimeOffsets offsets) {
    return offsets == null
        ? ""
        : "monotonic "
            + offsets.monotonic().toSeconds()
            + " "
            + offsets.monotonic().toNanosPart()
            + ",boottime "
            + offsets.boottime().toSeconds()
            + " "
            + offsets.boottime().toNanosPart();
  }
}
