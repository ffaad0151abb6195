package jstack.program;

import java.util.ArrayList;
import java.util.List;
import jstack.manifest.ByteSize;
import jstack.manifest.CpuMax;
import jstack.manifest.Resources;

/** Version 2: one tree. */
record CgroupV2() implements CgroupDialect {
  @Override
  public List<Limit> limits(Resources resources) {
    List<Limit> limits = new ArrayList<>();
    ByteSize memory = resources.memoryMax();
    if (memory != null) {
      limits.add(limit("memory", "memory.max", memory.bytes()));
    }
    ByteSize swap = resources.swapMax();
    if (swap != null) {
      limits.add(new Limit("memory", "memory.swap.max", text(swap.bytes()), "memory.swap_max"));
    }
    CpuMax cpu = resources.cpuMax();
    if (cpu != null) {
      limits.add(new Limit("cpu", "cpu.max", cpu.quota() + " " + cpu.period(), "cpu.max"));
    }
    Integer weight = resources.cpuWeight();
    if (weight != null) {
      limits.add(limit("cpu", "cpu.weight", weight));
    }
    limits.add(limit("pids", "pids.max", resources.pidsMax()));
    return limits;
  }

  private static Limit limit(String controller, String file, long value) {
    return new Limit(controller, file, text(value), file);
  }

  private static String text(long value) {
    return Long.toString(value);
  }

  @Override
  public List<Missing> missing(Resources resources) {
    if (resources.swappiness() == null) {
      return List.of();
    }
    return List.of(
        new Missing(
            "memory.swappiness",
            "cgroup v2 has no memory.swappiness",
            "leave it out, or forbid swap with swap_max: 0"));
  }
}
