package jstack.program;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.manifest.HostPath;
import jstack.manifest.Resources;

/** Collects what this machine cannot hold, so that the user hears of everything at once. */
final class CgroupRefusals {
  /** By the version of Linux, by its configuration, or by swapaccount=0 of its command line. */
  private static final Set<String> NOT_IN_EVERY_KERNEL =
      Set.of(
          "cpu.cfs_period_us",
          "cpu.cfs_quota_us",
          "cpu.cfs_burst_us",
          "cpu.idle",
          "memory.memsw.limit_in_bytes",
          "memory.swappiness",
          "blkio.throttle.read_bps_device",
          "blkio.throttle.write_bps_device",
          "blkio.throttle.read_iops_device",
          "blkio.throttle.write_iops_device");

  private final CgroupPlaces places;
  private final CgroupDialect dialect;
  private final HostView host;
  private final List<Diagnostic> problems = new ArrayList<>();
  private final Set<String> reported = new LinkedHashSet<>();

  CgroupRefusals(CgroupPlaces places, CgroupDialect dialect, HostView host) {
    this.places = places;
    this.dialect = dialect;
    this.host = host;
  }

  /**
   * @param at the place of a key below {@code cgroup}
   */
  void check(Resources limits, Function<String, Origin> at) {
    for (CgroupDialect.Missing missing : dialect.missing(limits)) {
      add(at.apply(missing.key()), "limit-unsupported", missing.why(), missing.mend());
    }
    for (CgroupDialect.Limit limit : dialect.limits(limits)) {
      check(limit, at.apply(limit.key()));
    }
    if (limits.delegate() && !places.hasUnified()) {
      String why = "only the cgroups of version 2 can be delegated, and none are mounted here";
      add(at.apply("delegate"), "limit-unsupported", why, "mount -t cgroup2 cgroup2 DIRECTORY");
    }
  }

  /** Throttling is not hierarchical in v1; see the kernel's page on blkio. */
  void refuseStackIo(Origin origin) {
    String why = "version 1 throttles each cgroup alone, so the stack's would hold nothing";
    add(origin, "limit-unsupported", why, "write io.max for each service, or use cgroup v2");
  }

  /** Version 1 kills one process at a time, and a supervisor ends its own container only. */
  void refuseStackOomGroup(Origin origin) {
    String why =
        "cgroup v1 has no memory.oom.group, so nobody would end the stack's other services";
    add(origin, "limit-unsupported", why, "write oom_group for each service, or use cgroup v2");
  }

  /** Whether v1 has a hierarchy of the controller. */
  boolean isMounted(String controller, Origin origin) {
    if (places.mountPoint(controller).isPresent()) {
      return true;
    }
    String why = "the cgroup controller " + controller + " is not mounted here";
    once(controller, origin, why, "mount it below /sys/fs/cgroup; see cgroups(7)");
    return false;
  }

  private void check(CgroupDialect.Limit limit, Origin origin) {
    String controller = limit.controller();
    boolean core = controller.equals("cgroup");
    if (!core && !isMounted(controller, origin)) {
      return;
    }
    HostPath base = places.baseOf(controller);
    if (places.isV2()) {
      HostPath file = base.resolve("cgroup.controllers");
      String there = host.read(file);
      boolean has =
          there == null
              ? places.offers(controller)
              : List.of(there.split(" ", -1)).contains(controller);
      if (!core && !has) {
        String why = "the cgroup controller " + controller + " is not in " + file;
        String mend =
            "delegate it from above (systemd: Delegate=yes), build it into the kernel, or unmount v1's";
        once(controller, origin, why, mend);
      }
      return;
    }
    // The root of a hierarchy has these too, which not every kernel has.
    boolean seen = NOT_IN_EVERY_KERNEL.contains(limit.file());
    boolean known = seen && host.read(base.resolve("notify_on_release")) != null;
    if (known && host.read(base.resolve(limit.file())) == null) {
      String why = "this kernel has no " + limit.file();
      once(limit.file(), origin, why, "leave it out, or use a kernel that has it");
    }
  }

  /** A parent that is not there in each hierarchy would hold no limit where it is missing. */
  void checkParent(Origin origin) {
    for (HostPath base : places.bases()) {
      if (!host.isDirectory(base)) {
        add(origin, "no-parent", "no cgroup " + base, "make it first: mkdir -p " + base);
      }
    }
  }

  private void once(String what, Origin origin, String why, String mend) {
    if (reported.add(what)) {
      add(origin, "no-controller", why, mend);
    }
  }

  private void add(Origin origin, String code, String why, String mend) {
    problems.add(Diagnostic.error(origin, code, why).withHint(mend));
  }

  void throwIfAny() {
    if (!problems.isEmpty()) {
      throw new DiagnosticException(Failure.HOST, problems);
    }
  }
}
