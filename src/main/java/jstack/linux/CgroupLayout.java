package jstack.linux;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How this machine has mounted its cgroups; see cgroups(7).
 *
 * @param controllers for v1, each controller with the mount point of its hierarchy
 * @param unified the mount point of the v2 tree, null when there is none
 * @param offered for v2 alone, the controllers that the top of the tree can share out
 * @param given the cgroup below which ours are made, with no leading slash; empty for the top
 */
public record CgroupLayout(
    Mode mode,
    Map<String, String> controllers,
    @Nullable String unified,
    Set<String> offered,
    String given) {
  /** The three ways in which distributions mount cgroups. */
  public enum Mode {
    /** Only hierarchies of v1. */
    V1,
    /** The limits in v1; beside them a v2 tree, good for counting and killing. */
    HYBRID,
    /** One tree. */
    V2,
    /** None is mounted. */
    NONE
  }

  /** Words of cgroups(7); a hierarchy has options beside them, such as xattr or noprefix. */
  private static final Set<String> CONTROLLERS =
      Set.of(
          "blkio",
          "cpu",
          "cpuacct",
          "cpuset",
          "devices",
          "freezer",
          "hugetlb",
          "memory",
          "misc",
          "net_cls",
          "net_prio",
          "perf_event",
          "pids",
          "rdma");

  /** Those that systemd shares out with {@code Delegate=yes}; it knows no others. */
  private static final Set<String> DELEGATED = Set.of("cpu", "cpuset", "io", "memory", "pids");

  /** Where these are, there the limits are. */
  private static final Set<String> LIMITS = Set.of("cpu", "memory", "pids");

  public CgroupLayout {
    controllers = Collections.unmodifiableMap(new LinkedHashMap<>(controllers));
    offered = Set.copyOf(offered);
  }

  private CgroupLayout(Mode mode, Map<String, String> controllers, @Nullable String unified) {
    this(mode, controllers, unified, Set.of(), "");
  }

  /** Reads it off the text of {@code /proc/self/mountinfo}. */
  public static CgroupLayout parse(String mountinfo) {
    Map<String, String> controllers = new LinkedHashMap<>();
    List<String> unified = new ArrayList<>();
    for (String line : mountinfo.split("\n", -1)) {
      if (line.contains(" - cgroup")) {
        MountInfo.parse(line).ifPresent(mount -> add(mount, controllers, unified));
      }
    }
    String tree = unified.isEmpty() ? null : unified.get(0);
    if (tree == null) {
      return new CgroupLayout(controllers.isEmpty() ? Mode.NONE : Mode.V1, controllers, null);
    }
    // A net_cls for a VPN or a hierarchy of elogind beside the tree is no place for limits.
    return Collections.disjoint(controllers.keySet(), LIMITS)
        ? new CgroupLayout(Mode.V2, Map.of(), tree)
        : new CgroupLayout(Mode.HYBRID, controllers, tree);
  }

  private static void add(MountInfo mount, Map<String, String> controllers, List<String> unified) {
    if (mount.type().equals("cgroup2")) {
      unified.add(mount.mountPoint());
    } else if (mount.type().equals("cgroup")) {
      for (String option : mount.superOptions()) {
        if (CONTROLLERS.contains(option)) {
          controllers.putIfAbsent(option, mount.mountPoint());
        }
      }
    }
  }

  /**
   * The same with what the v2 tree has to give.
   *
   * @param controllersFile the text of {@code cgroup.controllers} at its top
   */
  public CgroupLayout offering(String controllersFile) {
    Set<String> all = Set.of(controllersFile.strip().split("\\s+", -1));
    return new CgroupLayout(mode, controllers, unified, all, given);
  }

  /**
   * The same where systemd owns the v2 tree and gave one cgroup of it away.
   *
   * @param cgroup with no leading slash
   */
  public CgroupLayout within(String cgroup) {
    Set<String> shared = new LinkedHashSet<>(offered);
    shared.retainAll(DELEGATED);
    return new CgroupLayout(mode, controllers, unified, shared, cgroup);
  }

  /** Whether limits of this controller can be held here. */
  public boolean has(String controller) {
    return mode == Mode.V2 ? offered.contains(controller) : controllers.containsKey(controller);
  }

  /** The mount point of a v1 controller's hierarchy. */
  public Optional<String> hierarchy(String controller) {
    return Optional.ofNullable(controllers.get(controller));
  }
}
