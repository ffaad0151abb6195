package jstack.manifest.rules;

import java.util.Map;
import jstack.diag.Diagnostic;
import jstack.diag.Origin;
import jstack.diag.Problems;
import jstack.linux.DiskWeights;
import jstack.manifest.ByteSize;
import jstack.manifest.CpuLimits;
import jstack.manifest.CpusetLimits;
import jstack.manifest.IndexList;
import jstack.manifest.IoLimits;
import jstack.manifest.MemoryLimits;
import jstack.manifest.Resources;
import jstack.manifest.Service;
import jstack.manifest.StackLimits;

/** What has to hold between the cgroup of the stack and those of its services. */
public final class StackRules {
  private final Problems problems;

  public StackRules(Problems problems) {
    this.problems = problems;
  }

  public void check(StackLimits stack, Map<String, Service> services) {
    for (Service service : services.values()) {
      subset(service, "cpus", service.cgroup().cpuset().cpus(), stack.limits().cpuset().cpus());
      subset(service, "mems", service.cgroup().cpuset().mems(), stack.limits().cpuset().mems());
      if (service.cgroup().parent() != null && hasLimits(stack.limits())) {
        problems.error(
            service.at("cgroup.parent"),
            "conflict",
            "below another parent the limits of the stack would not hold",
            "write parent in the stack's cgroup, or remove the stack's limits");
      }
    }
  }

  /** A limit above what there is looks like one, and never holds anything back. */
  public void fitMemory(Map<String, Service> services, ByteSize machine) {
    for (Service service : services.values()) {
      ByteSize max = service.cgroup().memory().max();
      if (max != null && max.compareTo(machine) > 0) {
        String message = max + " is more than all memory of this machine: it limits nothing";
        Origin at = service.at("cgroup.memory.max");
        problems.add(Diagnostic.warning(at, "no-effect", message));
      }
    }
  }

  /** The kernel takes every weight, so nobody but us would say that it does nothing; said once. */
  public void weighDisks(StackLimits stack, Map<String, Service> services, DiskWeights disks) {
    Origin first = null;
    if (stack.limits().io().weight() != null) {
      first = stack.origins().at("cgroup.io.weight");
    }
    for (Service service : services.values()) {
      if (first == null && service.cgroup().io().weight() != null) {
        first = service.at("cgroup.io.weight");
      }
    }
    if (first != null && !disks.areUsed()) {
      String message = "no disk of this machine is shared out by weight now: it will do nothing";
      problems.add(Diagnostic.warning(first, "no-effect", message).withHint(disks.mend()));
    }
  }

  private void subset(
      Service service,
      String key,
      @org.jspecify.annotations.Nullable IndexList own,
      @org.jspecify.annotations.Nullable IndexList all) {
    if (own == null || all == null) {
      return;
    }
    IndexList outside = own.without(all);
    if (!outside.indexes().isEmpty()) {
      String message =
          outside + " is outside the stack's cgroup.cpuset." + key + ", which is " + all;
      problems.error(service.at("cgroup.cpuset." + key), "range", message);
    }
  }

  private static boolean hasLimits(Resources limits) {
    Resources only =
        new Resources(
            MemoryLimits.NONE,
            CpuLimits.NONE,
            CpusetLimits.NONE,
            IoLimits.NONE,
            null,
            Map.of(),
            limits.parent(),
            false);
    return !only.equals(limits);
  }
}
