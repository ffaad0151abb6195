package jstack.program;

import java.util.ArrayList;
import java.util.List;
import jstack.diag.Origin;
import jstack.linux.MountAttribute;
import jstack.linux.Namespace;
import jstack.manifest.ContainerPath;
import jstack.manifest.HostPath;
import jstack.manifest.IndexList;
import jstack.manifest.Namespaces;
import jstack.manifest.RootfsMode;
import jstack.manifest.Security;
import jstack.manifest.Service;

/**
 * What the kernel shows of itself in a container: /proc, /sys, /dev, and what of them is hidden.
 * The lists are the union of what the field hides.
 */
final class SystemChapter {
  private static final long QUIET =
      MountAttribute.NOSUID | MountAttribute.NODEV | MountAttribute.NOEXEC;
  private static final int CHARACTER = 0020000;

  private static final List<Instruction> MASKED =
      masks(
          "/proc/acpi",
          "/proc/asound",
          "/proc/interrupts",
          "/proc/kcore",
          "/proc/keys",
          "/proc/latency_stats",
          "/proc/sched_debug",
          "/proc/scsi",
          "/proc/sysrq-trigger",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/sys/dev/block",
          "/sys/devices/virtual/powercap",
          "/sys/firmware",
          "/sys/fs/selinux",
          "/sys/kernel/debug",
          "/sys/kernel/security",
          "/sys/kernel/tracing");
  private static final List<Instruction> CLOSED =
      closed("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys");

  private static final String PROCESSORS = "/sys/devices/system/cpu";

  private static final List<Instruction> DEVICES =
      List.of(
          device("null", 1, 3),
          device("zero", 1, 5),
          device("full", 1, 7),
          device("random", 1, 8),
          device("urandom", 1, 9),
          device("tty", 5, 0));

  private static final List<Instruction> LINKS =
      List.of(
          link("/proc/self/fd", "/dev/fd"),
          link("/proc/self/fd/0", "/dev/stdin"),
          link("/proc/self/fd/1", "/dev/stdout"),
          link("/proc/self/fd/2", "/dev/stderr"),
          link("pts/ptmx", "/dev/ptmx"));

  private SystemChapter() {}

  private static Instruction device(String name, int major, int minor) {
    ContainerPath path = new ContainerPath("/dev/" + name);
    return new MountInstruction.Device(path, CHARACTER | 0666, major, minor);
  }

  private static Instruction link(String text, String path) {
    return new MountInstruction.Symlink(text, new ContainerPath(path));
  }

  private static Instruction mask(String path) {
    return new MountInstruction.Mask(new ContainerPath(path), MountChapter.NULL_SLOT);
  }

  private static List<Instruction> masks(String... paths) {
    List<Instruction> masks = new ArrayList<>();
    for (String path : paths) {
      masks.add(mask(path));
    }
    return masks;
  }

  private static List<Instruction> closed(String... paths) {
    List<Instruction> closed = new ArrayList<>();
    for (String path : paths) {
      closed.add(new MountInstruction.ReadOnly(new ContainerPath(path)));
    }
    closed.add(
        new MountInstruction.SetAttributes(
            new ContainerPath("/dev"), MountAttribute.RDONLY, 0, false));
    return closed;
  }

  static void mounts(StepList steps, Service service) {
    Origin origin = service.at("");
    kernelMount(steps, origin, "proc", "/proc", QUIET, List.of());
    boolean privileged = service.security().privileged();
    long readable = privileged ? 0 : MountAttribute.RDONLY;
    kernelMount(steps, origin, "sysfs", "/sys", QUIET | readable, List.of());
    kernelMount(
        steps,
        origin,
        "tmpfs",
        "/dev",
        MountAttribute.NOSUID | MountAttribute.NOEXEC | MountAttribute.STRICTATIME,
        with(
            owner(service),
            "mode=0755",
            "size=64k",
            privileged ? "nr_inodes=64k" : "nr_inodes=1k"));
    addAll(steps, origin, DEVICES);
    addAll(steps, origin, LINKS);
    kernelMount(
        steps,
        origin,
        "devpts",
        "/dev/pts",
        MountAttribute.NOSUID | MountAttribute.NOEXEC,
        List.of("ptmxmode=0666", "mode=0620", "gid=5"));
    kernelMount(
        steps,
        service.at("shm_size"),
        "tmpfs",
        "/dev/shm",
        QUIET,
        with(owner(service), "mode=1777", "size=" + service.shmSize().bytes()));
    kernelMount(steps, origin, "mqueue", "/dev/mqueue", QUIET, List.of());
  }

  /** The memory file systems of a container belong to its root. */
  static List<String> owner(Service service) {
    return NamespaceChapter.mapsIds(service) ? List.of("uid=0", "gid=0") : List.of();
  }

  private static List<String> with(List<String> more, String... options) {
    List<String> all = new ArrayList<>(List.of(options));
    all.addAll(more);
    return all;
  }

  /** What namespaces of its own say of a container: its name, and how its network behaves. */
  static void identity(StepList steps, Service service, Target target) {
    Namespaces namespaces = service.namespaces();
    if (namespaces.isOwn(Namespace.UTS)) {
      add(steps, service.at("hostname"), new NamespaceInstruction.Hostname(service.hostname()));
      String domain = service.domainname();
      if (domain != null) {
        add(steps, service.at("domainname"), new NamespaceInstruction.Domainname(domain));
      }
    }
    if (namespaces.isOwn(Namespace.NETWORK)) {
      network(steps, service, target);
    }
  }

  /**
   * A user without capabilities over the network, root of a user namespace included, may serve on
   * port 80 and ping.
   */
  private static void network(StepList steps, Service service, Target target) {
    Origin origin = service.at("namespaces.network");
    if (target.around().network() == null) {
      add(steps, origin, new NamespaceInstruction.LoopbackUp());
    }
    boolean ownProc =
        NamespaceChapter.hasTree(service) || service.namespaces().isHost(Namespace.MOUNT);
    if (ownProc) {
      add(
          steps,
          origin,
          new NamespaceInstruction.Sysctl("net/ipv4/ip_unprivileged_port_start", "0"));
      add(
          steps,
          origin,
          new NamespaceInstruction.Sysctl("net/ipv4/ping_group_range", "0 2147483647"));
    }
  }

  /**
   * After the mounts of the manifest: what has been filled is closed, what must not be seen goes.
   */
  static void finish(StepList steps, Service service, HostView host) {
    Origin origin = service.at("");
    if (service.security().privileged()) {
      rootOf(steps, service);
      return;
    }
    addAll(steps, origin, MASKED);
    for (String path : throttles(host)) {
      add(steps, origin, mask(path));
    }
    addAll(steps, origin, CLOSED);
    rootOf(steps, service);
  }

  /** How the root is mounted in the end, beside what every root is. */
  private static void rootOf(StepList steps, Service service) {
    boolean readOnly = service.readOnly();
    boolean closed = readOnly || service.rootfs().mode() == RootfsMode.READONLY;
    Security security = service.security();
    if (security.newPrivileges() || security.privileged()) {
      long cleared =
          (security.newPrivileges() ? MountAttribute.NOSUID : 0)
              | (security.privileged() ? MountAttribute.NODEV : 0);
      String key = security.privileged() ? "privileged" : "security_opt.no-new-privileges";
      Instruction open = new MountInstruction.SetAttributes(ContainerPath.ROOT, 0, cleared, false);
      add(steps, service.at(key), open);
    }
    if (closed) {
      add(
          steps,
          readOnly ? service.at("read_only") : service.at("rootfs"),
          new MountInstruction.SetAttributes(ContainerPath.ROOT, MountAttribute.RDONLY, 0, false));
    }
  }

  /** How hot each processor is tells what its neighbours compute; some machines say so. */
  private static List<String> throttles(HostView host) {
    List<String> found = new ArrayList<>();
    String processors = host.read(new HostPath(PROCESSORS + "/present"));
    if (processors == null || !host.isDirectory(throttle(0))) {
      return found; // all have it, or none
    }
    for (int number : IndexList.parse(processors).indexes()) {
      if (host.isDirectory(throttle(number))) {
        found.add(throttle(number).value());
      }
    }
    return found;
  }

  private static HostPath throttle(int processor) {
    return new HostPath(PROCESSORS + "/cpu" + processor + "/thermal_throttle");
  }

  private static void kernelMount(
      StepList steps,
      Origin origin,
      String type,
      String target,
      long attributes,
      List<String> options) {
    ContainerPath path = new ContainerPath(target);
    add(steps, origin, new MountInstruction.RealDir(path, 0755));
    add(steps, origin, new MountInstruction.MountNew(type, path, attributes, options));
  }

  private static void addAll(StepList steps, Origin origin, List<Instruction> instructions) {
    for (Instruction instruction : instructions) {
      add(steps, origin, instruction);
    }
  }

  private static void add(StepList steps, Origin origin, Instruction instruction) {
    steps.add(Phase.ROOT, origin, instruction);
  }
}
