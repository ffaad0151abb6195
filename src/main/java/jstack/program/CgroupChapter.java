package jstack.program;

import static java.util.stream.Collectors.joining;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.linux.CgroupLayout;
import jstack.manifest.HostPath;
import jstack.manifest.Service;

/**
 * The cgroups of a container: {@code jstack/PROJECT/NAME} in each hierarchy. Strict: a limit that
 * this machine cannot hold stops the start.
 */
final class CgroupChapter {
  /** Counted for every container, limited or not. */
  private static final List<String> ALWAYS = List.of("memory", "cpu", "cpuacct", "pids");

  private static final List<String> CONTROLLERS_V2 = List.of("cpu", "memory", "pids");

  private final Service service;
  private final Target target;
  private final CgroupLayout layout;
  private final CgroupDialect dialect;

  CgroupChapter(Service service, Target target) {
    this.service = service;
    this.target = target;
    this.layout = target.cgroups();
    this.dialect = layout.mode() == CgroupLayout.Mode.V2 ? new CgroupV2() : new CgroupV1();
  }

  /** The container's place in each v1 hierarchy, hierarchies that hold several controllers once. */
  private List<HostPath> places() {
    Set<String> hierarchies = new LinkedHashSet<>();
    for (String controller : ALWAYS) {
      layout.hierarchy(controller).ifPresent(hierarchies::add);
    }
    if (layout.unified() == null) {
      layout.hierarchy("freezer").ifPresent(hierarchies::add);
    }
    return hierarchies.stream().map(this::leaf).toList();
  }

  private HostPath leaf(String mountPoint) {
    return project(mountPoint).resolve(target.name());
  }

  private HostPath project(String mountPoint) {
    return new HostPath(mountPoint).resolve(target.cgroup()).resolve(target.project());
  }

  /** The v2 directory that the first process is born in; / where there is no v2. */
  HostPath birthplace() {
    String unified = layout.unified();
    return unified == null ? new HostPath("/") : leaf(unified);
  }

  /** The directory through which everything is ended at once. */
  private Optional<HostPath> killer() {
    String unified = layout.unified();
    return unified != null
        ? Optional.of(leaf(unified))
        : layout.hierarchy("freezer").map(this::leaf);
  }

  void writeHost(StepList steps) {
    refuse();
    Origin origin = service.at("cgroup");
    killer().ifPresent(k -> steps.add(Phase.SUPERVISE, origin, new Instruction.KillWith(k)));
    if (layout.mode() == CgroupLayout.Mode.V2) {
      delegate(steps, origin);
    }
    for (HostPath place : places()) {
      steps.add(Phase.HOST, origin, new Instruction.MakeCgroup(place));
    }
    if (layout.unified() != null) {
      steps.add(Phase.HOST, origin, new Instruction.MakeCgroup(birthplace()));
    }
    for (CgroupDialect.Limit limit : dialect.limits(service.cgroup())) {
      HostPath file = placeOf(limit.controller()).resolve(limit.file());
      steps.add(
          Phase.HOST,
          service.at("cgroup." + limit.key()),
          new Instruction.Write(file, limit.text()));
    }
  }

  /** In v2 a parent says which controllers its children have. */
  private void delegate(StepList steps, Origin origin) {
    String unified = layout.unified() == null ? "/" : layout.unified();
    HostPath top = new HostPath(unified);
    HostPath ours = top.resolve(target.cgroup());
    HostPath project = project(unified);
    steps.add(Phase.HOST, origin, new Instruction.MakeCgroup(project));
    String wanted =
        CONTROLLERS_V2.stream().filter(layout::has).map(c -> "+" + c).collect(joining(" "));
    for (HostPath parent : List.of(top, ours, project)) {
      HostPath file = parent.resolve("cgroup.subtree_control");
      steps.add(Phase.HOST, origin, new Instruction.Write(file, wanted));
    }
  }

  private HostPath placeOf(String controller) {
    String unified = layout.unified();
    if (layout.mode() == CgroupLayout.Mode.V2 && unified != null) {
      return leaf(unified);
    }
    return leaf(layout.hierarchy(controller).orElseThrow());
  }

  /** Everything that this machine cannot hold, in one list. */
  private void refuse() {
    List<Diagnostic> problems = new ArrayList<>();
    for (CgroupDialect.Missing missing : dialect.missing(service.cgroup())) {
      problems.add(
          Diagnostic.error(
                  service.at("cgroup." + missing.key()), "limit-unsupported", missing.why())
              .withHint(missing.mend()));
    }
    Set<String> reported = new LinkedHashSet<>();
    for (CgroupDialect.Limit limit : dialect.limits(service.cgroup())) {
      if (!layout.has(limit.controller()) && reported.add(limit.controller())) {
        problems.add(absent(limit));
      }
    }
    if (!problems.isEmpty()) {
      throw new DiagnosticException(Failure.HOST, problems);
    }
  }

  private Diagnostic absent(CgroupDialect.Limit limit) {
    String name = "the cgroup controller " + limit.controller();
    Origin origin = service.at("cgroup." + limit.key());
    if (layout.mode() == CgroupLayout.Mode.V2) {
      String file = layout.unified() + "/cgroup.controllers";
      return Diagnostic.error(origin, "no-controller", name + " is not in " + file)
          .withHint(
              "who owns the tree has to delegate it, and the kernel to have it: no"
                  + " cgroup_disable on its command line (for memory, cgroup_enable=memory)");
    }
    return Diagnostic.error(origin, "no-controller", name + " is not mounted here")
        .withHint("mount it below /sys/fs/cgroup; see cgroups(7)");
  }

  void writeJoin(StepList steps) {
    for (HostPath place : places()) {
      steps.add(Phase.NAMESPACE, service.at("cgroup"), new Instruction.JoinCgroup(place));
    }
  }

  void writeTeardown(StepList steps) {
    Origin origin = service.at("cgroup");
    Set<String> mountPoints = new LinkedHashSet<>();
    String unified = layout.unified();
    if (unified != null) {
      mountPoints.add(unified);
    }
    for (String controller : ALWAYS) {
      layout.hierarchy(controller).ifPresent(mountPoints::add);
    }
    if (unified == null) {
      layout.hierarchy("freezer").ifPresent(mountPoints::add);
    }
    for (String mountPoint : mountPoints) {
      steps.add(Phase.TEARDOWN, origin, new Instruction.RmdirCgroup(leaf(mountPoint)));
      steps.add(Phase.TEARDOWN, origin, new Instruction.RmdirEmpty(project(mountPoint)));
      steps.add(
          Phase.TEARDOWN,
          origin,
          new Instruction.RmdirEmpty(new HostPath(mountPoint).resolve(target.cgroup())));
    }
  }
}
