package jstack.program;

import java.util.ArrayList;
import java.util.List;
import jstack.manifest.ByteSize;
import jstack.manifest.CpuMax;
import jstack.manifest.Resources;

/** Version 1: a hierarchy for each controller. */
record CgroupV1() implements CgroupDialect {
  @Override
  public List<Limit> limits(Resources resources) {
    List<Limit> limits = new ArrayList<>();
    ByteSize memory = resources.memoryMax();
    if (memory != null) {
      limits.add(limit("memory", "memory.limit_in_bytes", memory.bytes(), "memory.max"));
      ByteSize swap = resources.swapMax();
      if (swap != null) {
        // Memory and swap together; it may not be below the memory, so it is written after it.
        long both = memory.bytes() + swap.bytes();
        limits.add(limit("memory", "memory.memsw.limit_in_bytes", both, "memory.swap_max"));
      }
    }
    Integer swappiness = resources.swappiness();
    if (swappiness != null) {
      limits.add(limit("memory", "memory.swappiness", swappiness, "memory.swappiness"));
    }
    CpuMax cpu = resources.cpuMax();
    if (cpu != null) {
      limits.add(limit("cpu", "cpu.cfs_period_us", cpu.period(), "cpu.max"));
      limits.add(limit("cpu", "cpu.cfs_quota_us", cpu.quota(), "cpu.max"));
    }
    Integer weight = resources.cpuWeight();
    if (weight != null) {
      limits.add(limit("cpu", "cpu.shares", shares(weight), "cpu.weight"));
    }
    limits.add(limit("pids", "pids.max", resources.pidsMax(), "pids.max"));
    return limits;
  }

  /** The default weight of v2, 100, is the default share of v1, 1024; both are ratios. */
  static long shares(int weight) {
    return Math.max(2, Math.min(262_144, weight * 1024L / 100));
  }

  private static Limit limit(String controller, String file, long value, String key) {
    return new Limit(controller, file, Long.toString(value), key);
  }

  @Override
  public List<Missing> missing(Resources resources) {
    return List.of();
  }
}
