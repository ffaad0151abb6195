package jstack.program;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import jstack.diag.Origin;
import jstack.linux.MountAttribute;
import jstack.manifest.CgroupPath;
import jstack.manifest.ContainerPath;
import jstack.manifest.CpusetLimits;
import jstack.manifest.HostPath;
import jstack.manifest.IndexList;
import jstack.manifest.Resources;
import jstack.manifest.Service;
import org.jspecify.annotations.Nullable;

/**
 * The cgroups of a container and their limits. Strict: a limit that this machine cannot hold stops
 * the start. The container's own directories are made first: with them there, no neighbour's end
 * takes the shared ones above away before they are written to.
 */
final class CgroupChapter {
  /** Those of v2 that every container has; others only with a limit of theirs. */
  private static final List<String> ALWAYS_V2 = List.of("cpu", "io", "memory", "pids");

  /** What an owner of a cgroup may write; see "Delegation" in the kernel's cgroup-v2 page. */
  private static final List<String> DELEGATED =
      List.of("cgroup.procs", "cgroup.threads", "cgroup.subtree_control");

  private final Service service;
  private final Target target;
  private final Resources own;
  private final Resources stack;
  private final CgroupDialect dialect;
  private final Set<String> controllers = new LinkedHashSet<>();
  private final CgroupPlaces places;

  CgroupChapter(Service service, Target target) {
    this.service = service;
    this.target = target;
    this.own = service.cgroup();
    this.stack = target.stack().limits();
    boolean v2 = target.cgroups().mode() == jstack.linux.CgroupLayout.Mode.V2;
    this.dialect = v2 ? new CgroupV2() : new CgroupV1();
    for (Resources each : List.of(stack, own)) {
      dialect.limits(each).forEach(limit -> controllers.add(limit.controller()));
    }
    CgroupPath parent = own.parent() != null ? own.parent() : stack.parent();
    this.places = new CgroupPlaces(target, parent, controllers);
  }

  private Origin at(String key) {
    return service.at("cgroup." + key);
  }

  private Origin stackAt(String key) {
    return target.stack().origins().at("cgroup." + key);
  }

  HostPath birthplace() {
    return places.birthplace();
  }

  void writeHost(StepList steps) {
    CgroupRefusals refusals = new CgroupRefusals(places, dialect, target.host());
    refusals.check(own, this::at);
    refusals.check(stack, this::stackAt);
    if (!places.isV2()) {
      checkV1(refusals);
    }
    if (own.parent() != null || stack.parent() != null) {
      refusals.checkParent(own.parent() != null ? at("parent") : stackAt("parent"));
    }
    if (!places.hasUnified()) {
      refusals.isMounted("devices", service.at(""));
    }
    refusals.throwIfAny();
    Origin origin = service.at("cgroup");
    places
        .killer()
        .ifPresent(k -> steps.add(Phase.SUPERVISE, origin, new SupervisorInstruction.KillWith(k)));
    if (!places.isV2() && own.memory().oomGroup()) {
      Instruction watch = new SupervisorInstruction.OomGroup(places.leafOf("memory"));
      steps.add(Phase.SUPERVISE, at("memory.oom_group"), watch);
    }
    for (HostPath place : places.joined()) {
      steps.add(Phase.HOST, origin, new HostInstruction.MakeCgroup(place));
    }
    if (!places.isV2() && places.mountPoint("blkio").isPresent()) {
      steps.add(Phase.HOST, origin, new HostInstruction.CountIo(places.leafOf("blkio")));
    }
    if (places.hasUnified()) {
      steps.add(Phase.HOST, origin, new HostInstruction.MakeCgroup(places.birthplace()));
    }
    boolean all = service.security().privileged();
    steps.add(
        Phase.HOST,
        service.at(all ? "privileged" : ""),
        places.hasUnified()
            ? DeviceRules.filter(places.birthplace(), all)
            : DeviceRules.list(places.leafOf("devices"), all));
    if (places.isV2()) {
      activate(steps, origin);
    } else if (places.mountPoint("cpuset").isPresent()) {
      fillCpusets(steps); // For everybody: a container joins no hierarchy later on.
    }
    stackLimits(steps);
    for (CgroupDialect.Limit limit : dialect.limits(own)) {
      write(steps, at(limit.key()), places.leafOf(limit.controller()), limit);
    }
  }

  /** What version 1 holds for a container, but not for a stack. */
  private void checkV1(CgroupRefusals refusals) {
    if (!stack.io().max().isEmpty()) {
      refusals.refuseStackIo(stackAt("io.max"));
    }
    if (stack.memory().oomGroup()) {
      refusals.refuseStackOomGroup(stackAt("memory.oom_group"));
    }
    if (own.memory().oomGroup()) {
      refusals.isMounted("memory", at("memory.oom_group"));
    }
  }

  private static void write(
      StepList steps, Origin origin, HostPath directory, CgroupDialect.Limit limit) {
    Instruction write = new HostInstruction.Write(directory.resolve(limit.file()), limit.text());
    steps.add(Phase.HOST, origin, write);
  }

  /** In v2 a parent says which controllers its children have. */
  private void activate(StepList steps, Origin origin) {
    Set<String> wanted = new LinkedHashSet<>(ALWAYS_V2);
    wanted.addAll(controllers);
    String base = target.host().read(places.baseOf("memory").resolve("cgroup.controllers"));
    List<String> offered = base == null ? List.of() : List.of(base.split(" ", -1));
    wanted.removeIf( // what is asked for and missing was refused; the core is no controller
        each -> base == null ? !target.cgroups().has(each) : !offered.contains(each));
    String text = "+" + String.join(" +", wanted);
    List<HostPath> parents =
        List.of(places.baseOf("memory"), places.oursOf("memory"), places.projectOf("memory"));
    for (HostPath parent : parents) {
      HostPath file = parent.resolve("cgroup.subtree_control");
      steps.add(Phase.HOST, origin, new HostInstruction.Write(file, text));
    }
  }

  private void stackLimits(StepList steps) {
    for (CgroupDialect.Limit limit : dialect.limits(stack)) {
      write(steps, stackAt(limit.key()), places.projectOf(limit.controller()), limit);
      // The container's directory took over what its parent had before.
      if (limit.file().equals("memory.swappiness") && own.memory().swappiness() == null) {
        write(steps, stackAt(limit.key()), places.leafOf(limit.controller()), limit);
      }
    }
  }

  /**
   * A cpuset of v1 begins empty, and nobody can join an empty one: from the outermost of ours to
   * the container's each gets what it may have, if nobody said anything else all of its parent's.
   */
  private void fillCpusets(StepList steps) {
    HostPath base = places.baseOf("cpuset");
    fill(steps, base, "cpuset.cpus", CpusetLimits::cpus);
    fill(steps, base, "cpuset.mems", CpusetLimits::mems);
  }

  private void fill(
      StepList steps, HostPath base, String file, Function<CpusetLimits, @Nullable IndexList> of) {
    String all = target.host().read(base.resolve(file));
    String whole = all == null || all.isBlank() ? "0" : all;
    IndexList ofStack = of.apply(stack.cpuset());
    String inherited = ofStack == null ? whole : ofStack.toString();
    Origin origin = ofStack == null ? at(file) : stackAt(file);
    cpuset(steps, origin, places.oursOf("cpuset").resolve(file), whole);
    cpuset(steps, origin, places.projectOf("cpuset").resolve(file), inherited);
    cpuset(steps, origin, places.leafOf("cpuset").resolve(file), inherited);
  }

  private static void cpuset(StepList steps, Origin origin, HostPath file, String indexes) {
    steps.add(Phase.HOST, origin, new HostInstruction.Write(file, indexes));
  }

  void writeJoin(StepList steps) {
    Origin joined = service.at("cgroup");
    for (HostPath place : places.joined()) {
      steps.add(Phase.NAMESPACE, joined, new HostInstruction.JoinCgroup(place));
    }
    if (!own.delegate()) {
      return;
    }
    Origin origin = at("delegate");
    HostPath given = places.birthplace();
    steps.add(Phase.NAMESPACE, origin, new HostInstruction.Own(given));
    for (String file : DELEGATED) {
      steps.add(Phase.NAMESPACE, origin, new HostInstruction.Own(given.resolve(file)));
    }
  }

  /** What was delegated is seen where everybody looks for it; the namespace hides all above. */
  void writeView(StepList steps) {
    if (own.delegate()) {
      ContainerPath place = new ContainerPath("/sys/fs/cgroup");
      long quiet = MountAttribute.NOSUID | MountAttribute.NODEV | MountAttribute.NOEXEC;
      Instruction mount = new MountInstruction.MountNew("cgroup2", place, quiet, List.of());
      steps.add(Phase.ROOT, at("delegate"), mount);
    }
  }

  void writeTeardown(StepList steps) {
    Origin origin = service.at("cgroup");
    for (List<HostPath> inwards : places.toRemove()) {
      steps.add(Phase.TEARDOWN, origin, new HostInstruction.RmdirCgroup(inwards.get(0)));
      steps.add(Phase.TEARDOWN, origin, new HostInstruction.RmdirEmpty(inwards.get(1)));
      steps.add(Phase.TEARDOWN, origin, new HostInstruction.RmdirEmpty(inwards.get(2)));
    }
  }
}
