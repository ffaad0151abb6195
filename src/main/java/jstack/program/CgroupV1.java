package jstack.program;

import java.util.ArrayList;
import java.util.List;
import jstack.manifest.ByteSize;
import jstack.manifest.CpuLimits;
import jstack.manifest.CpuMax;
import jstack.manifest.CpusetLimits;
import jstack.manifest.IoLimits;
import jstack.manifest.IoMax;
import jstack.manifest.MemoryLimits;
import jstack.manifest.Resources;
import org.jspecify.annotations.Nullable;

/** Version 1: a hierarchy for each controller. */
record CgroupV1() implements CgroupDialect {
  /** The highest of blkio.bfq.weight, whose default is 100 as that of io.weight. */
  private static final int MOST_WEIGHT = 1000;

  @Override
  public List<Limit> limits(Resources resources) {
    List<Limit> limits = new ArrayList<>();
    memory(limits, resources.memory());
    cpu(limits, resources.cpu());
    cpuset(limits, resources.cpuset());
    Long pids = resources.pidsMax();
    if (pids != null) {
      limits.add(limit("pids", "pids.max", pids, "pids.max"));
    }
    io(limits, resources.io());
    return limits;
  }

  private static void memory(List<Limit> limits, MemoryLimits memory) {
    ByteSize max = memory.max();
    if (max != null) {
      limits.add(limit("memory", "memory.limit_in_bytes", max.bytes(), "memory.max"));
      ByteSize swap = memory.swapMax();
      if (swap != null) {
        // Memory and swap together; it may not be below the memory, so it is written after it.
        long both = max.bytes() + swap.bytes();
        limits.add(limit("memory", "memory.memsw.limit_in_bytes", both, "memory.swap_max"));
      }
    }
    ByteSize low = memory.low();
    if (low != null) {
      limits.add(limit("memory", "memory.soft_limit_in_bytes", low.bytes(), "memory.low"));
    }
    Integer swappiness = memory.swappiness();
    if (swappiness != null) {
      limits.add(limit("memory", "memory.swappiness", swappiness, "memory.swappiness"));
    }
  }

  private static void cpu(List<Limit> limits, CpuLimits cpu) {
    CpuMax max = cpu.max();
    if (max != null) {
      limits.add(limit("cpu", "cpu.cfs_period_us", max.period(), "cpu.max"));
      limits.add(limit("cpu", "cpu.cfs_quota_us", max.quota(), "cpu.max"));
    }
    Long burst = cpu.burst();
    if (burst != null) {
      limits.add(limit("cpu", "cpu.cfs_burst_us", burst, "cpu.burst"));
    }
    Integer weight = cpu.weight();
    Integer exact = cpu.shares();
    if (weight != null) {
      int shares = exact == null ? CpuLimits.shares(weight) : exact;
      limits.add(limit("cpu", "cpu.shares", shares, "cpu.weight"));
    }
    if (cpu.idle()) {
      limits.add(limit("cpu", "cpu.idle", 1, "cpu.idle")); // Here too since Linux 5.15.
    }
  }

  private static void cpuset(List<Limit> limits, CpusetLimits cpuset) {
    if (cpuset.cpus() != null) {
      limits.add(new Limit("cpuset", "cpuset.cpus", cpuset.cpus().toString(), "cpuset.cpus"));
    }
    if (cpuset.mems() != null) {
      limits.add(new Limit("cpuset", "cpuset.mems", cpuset.mems().toString(), "cpuset.mems"));
    }
  }

  /** CFQ's blkio.weight went with Linux 5.0. */
  private static void io(List<Limit> limits, IoLimits io) {
    Integer weight = io.weight();
    if (weight != null) {
      limits.add(limit("blkio", "blkio.bfq.weight", weight, "io.weight"));
    }
    int i = 0;
    for (IoMax max : io.max()) {
      String key = "io.max[" + i++ + "].";
      String disk = max.device().numbers() + " ";
      throttle(limits, "read_bps_device", disk, bytes(max.rbps()), key + "rbps");
      throttle(limits, "write_bps_device", disk, bytes(max.wbps()), key + "wbps");
      throttle(limits, "read_iops_device", disk, max.riops(), key + "riops");
      throttle(limits, "write_iops_device", disk, max.wiops(), key + "wiops");
    }
  }

  private static void throttle(
      List<Limit> limits, String file, String disk, @Nullable Long most, String key) {
    if (most != null) {
      limits.add(new Limit("blkio", "blkio.throttle." + file, disk + most, key));
    }
  }

  private static @Nullable Long bytes(@Nullable ByteSize size) {
    return size == null ? null : size.bytes();
  }

  private static Limit limit(String controller, String file, long value, String key) {
    return new Limit(controller, file, Long.toString(value), key);
  }

  @Override
  public List<Missing> missing(Resources resources) {
    List<Missing> missing = new ArrayList<>();
    MemoryLimits memory = resources.memory();
    if (memory.high() != null) {
      missing.add(
          none("memory.high", "memory.high", "limit it with memory.max, which v1 has, or use v2"));
    }
    if (memory.min() != null) {
      missing.add(
          none("memory.min", "memory.min", "memory.low is the soft limit of v1; or use v2"));
    }
    for (String file : resources.unified().keySet()) {
      missing.add(none("unified." + file, file, "unified is for files of cgroup v2 alone"));
    }
    Integer weight = resources.io().weight();
    if (weight != null && weight > MOST_WEIGHT) {
      String why = "blkio.bfq.weight of cgroup v1 holds at most " + MOST_WEIGHT;
      missing.add(new Missing("io.weight", why, "weights are ratios: divide them all by ten"));
    }
    return missing;
  }

  private static Missing none(String key, String file, String mend) {
    return new Missing(key, "cgroup v1 has no " + file, mend);
  }
}
