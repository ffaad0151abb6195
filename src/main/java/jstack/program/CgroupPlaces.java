package jstack.program;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import jstack.linux.CgroupLayout;
import jstack.manifest.CgroupPath;
import jstack.manifest.HostPath;
import org.jspecify.annotations.Nullable;

/**
 * Where the cgroups of one container are: {@code [PARENT/]jstack/PROJECT/NAME} in each hierarchy.
 * The parent is the manifest's, else what systemd gave us, else the top.
 */
final class CgroupPlaces {
  /** For every container, limited or not: to count, and to be limited while it runs. */
  private static final List<String> ALWAYS =
      List.of("memory", "cpu", "cpuacct", "pids", "blkio", "cpuset");

  private final CgroupLayout layout;
  private final Target target;
  private final @Nullable CgroupPath parent;
  private final Set<String> hierarchies = new LinkedHashSet<>();
  private final Map<String, Place> places = new HashMap<>();

  /** In one hierarchy, each below the one before. */
  private record Place(HostPath base, HostPath ours, HostPath project, HostPath leaf) {}

  /**
   * @param controllers those that limits need, besides those that always count
   */
  CgroupPlaces(Target target, @Nullable CgroupPath parent, Set<String> controllers) {
    this.target = target;
    this.layout = target.cgroups();
    this.parent = parent;
    Set<String> all = new LinkedHashSet<>(ALWAYS);
    all.addAll(controllers);
    for (String controller : all) {
      layout.hierarchy(controller).ifPresent(hierarchies::add);
    }
    if (layout.unified() == null) {
      layout.hierarchy("freezer").ifPresent(hierarchies::add);
      layout.hierarchy("devices").ifPresent(hierarchies::add);
    }
  }

  boolean isV2() {
    return layout.mode() == CgroupLayout.Mode.V2;
  }

  /** Whether the top of the machine's tree, or a hierarchy, has the controller. */
  boolean offers(String controller) {
    return layout.has(controller);
  }

  /** The container's place in each v1 hierarchy, hierarchies that hold several controllers once. */
  List<HostPath> joined() {
    List<HostPath> joined = new ArrayList<>();
    for (String hierarchy : hierarchies) {
      joined.add(leaf(hierarchy));
    }
    return joined;
  }

  /** The v2 directory that the first process is born in; / where there is no v2. */
  HostPath birthplace() {
    String unified = layout.unified();
    return unified == null ? new HostPath("/") : leaf(unified);
  }

  boolean hasUnified() {
    return layout.unified() != null;
  }

  /** The directory through which everything is ended at once. */
  Optional<HostPath> killer() {
    String unified = layout.unified();
    return unified != null
        ? Optional.of(leaf(unified))
        : layout.hierarchy("freezer").map(this::leaf);
  }

  /** Where a controller's files are, in the directory of the container. */
  HostPath leafOf(String controller) {
    return leaf(mountPoint(controller).orElseThrow());
  }

  /** Likewise in the directory of the project. */
  HostPath projectOf(String controller) {
    return project(mountPoint(controller).orElseThrow());
  }

  /** Likewise in the directory that everything of ours is in. */
  HostPath oursOf(String controller) {
    return ours(mountPoint(controller).orElseThrow());
  }

  /** The cgroup that ours are made in, which was there before. */
  HostPath baseOf(String controller) {
    return base(mountPoint(controller).orElseThrow());
  }

  /** Empty when no hierarchy has the controller. */
  Optional<String> mountPoint(String controller) {
    return isV2() ? Optional.ofNullable(layout.unified()) : layout.hierarchy(controller);
  }

  /** The existing cgroups that ours are made in, one for each hierarchy that is used. */
  List<HostPath> bases() {
    return mountPoints().stream().map(this::base).toList();
  }

  /** From the innermost to the outermost, each once. */
  List<List<HostPath>> toRemove() {
    List<List<HostPath>> all = new ArrayList<>();
    for (String mountPoint : mountPoints()) {
      all.add(List.of(leaf(mountPoint), project(mountPoint), ours(mountPoint)));
    }
    return all;
  }

  private Set<String> mountPoints() {
    Set<String> all = new LinkedHashSet<>();
    String unified = layout.unified();
    if (unified != null) {
      all.add(unified);
    }
    all.addAll(hierarchies);
    return all;
  }

  private HostPath leaf(String mountPoint) {
    return place(mountPoint).leaf();
  }

  private HostPath project(String mountPoint) {
    return place(mountPoint).project();
  }

  private HostPath ours(String mountPoint) {
    return place(mountPoint).ours();
  }

  private HostPath base(String mountPoint) {
    return place(mountPoint).base();
  }

  private Place place(String mountPoint) {
    return places.computeIfAbsent(mountPoint, this::put);
  }

  private Place put(String mountPoint) {
    HostPath base = new HostPath(mountPoint);
    if (parent != null) {
      base = base.resolve(parent.value());
    } else if (!layout.given().isEmpty()) {
      base = base.resolve(layout.given());
    }
    HostPath ours = base.resolve(target.cgroup());
    HostPath project = ours.resolve(target.project());
    return new Place(base, ours, project, project.resolve(target.name()));
  }
}
