package jstack.manifest;

import java.util.Map;

/** What has to hold between the cgroup of the stack and those of its services. */
final class StackRules {
  private final Problems problems;

  StackRules(Problems problems) {
    this.problems = problems;
  }

  void check(StackLimits stack, Map<String, Service> services) {
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
