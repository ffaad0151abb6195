package jstack.program;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import jstack.manifest.ByteSize;
import jstack.manifest.CpuLimits;
import jstack.manifest.CpuMax;
import jstack.manifest.CpusetLimits;
import jstack.manifest.IoLimits;
import jstack.manifest.IoMax;
import jstack.manifest.MemoryLimits;
import jstack.manifest.Resources;
import org.jspecify.annotations.Nullable;

/** Version 2: one tree. */
record CgroupV2() implements CgroupDialect {
  @Override
  public List<Limit> limits(Resources resources) {
    List<Limit> limits = new ArrayList<>();
    memory(limits, resources.memory());
    cpu(limits, resources.cpu());
    CpusetLimits cpuset = resources.cpuset();
    if (cpuset.cpus() != null) {
      limits.add(limit("cpuset.cpus", cpuset.cpus().toString()));
    }
    if (cpuset.mems() != null) {
      limits.add(limit("cpuset.mems", cpuset.mems().toString()));
    }
    Long pids = resources.pidsMax();
    if (pids != null) {
      limits.add(limit("pids.max", pids.toString()));
    }
    io(limits, resources.io());
    for (Map.Entry<String, String> file : resources.unified().entrySet()) {
      limits.add(limit(file.getKey(), file.getValue(), "unified." + file.getKey()));
    }
    return limits;
  }

  private static void memory(List<Limit> limits, MemoryLimits memory) {
    size(limits, "memory.max", memory.max());
    size(limits, "memory.high", memory.high());
    size(limits, "memory.low", memory.low());
    size(limits, "memory.min", memory.min());
    ByteSize swap = memory.swapMax();
    if (swap != null) {
      limits.add(limit("memory.swap.max", Long.toString(swap.bytes()), "memory.swap_max"));
    }
    if (memory.oomGroup()) {
      limits.add(limit("memory.oom.group", "1", "memory.oom_group"));
    }
  }

  private static void cpu(List<Limit> limits, CpuLimits cpu) {
    CpuMax max = cpu.max();
    if (max != null) {
      limits.add(limit("cpu.max", max.quota() + " " + max.period()));
    }
    Long burst = cpu.burst();
    if (burst != null) {
      limits.add(limit("cpu.max.burst", burst.toString(), "cpu.burst"));
    }
    Integer weight = cpu.weight();
    if (weight != null) {
      limits.add(limit("cpu.weight", weight.toString()));
    }
    if (cpu.idle()) {
      limits.add(limit("cpu.idle", "1"));
    }
  }

  private static void io(List<Limit> limits, IoLimits io) {
    Integer weight = io.weight();
    if (weight != null) {
      limits.add(limit("io.weight", "default " + weight, "io.weight"));
    }
    int i = 0;
    for (IoMax max : io.max()) {
      String text =
          max.device().numbers()
              + rate("rbps", bytes(max.rbps()))
              + rate("wbps", bytes(max.wbps()))
              + rate("riops", max.riops())
              + rate("wiops", max.wiops());
      limits.add(limit("io.max", text, "io.max[" + i++ + "]"));
    }
  }

  private static String rate(String name, @Nullable Long most) {
    return " " + name + "=" + (most == null ? "max" : most); // as the kernel prints it
  }

  private static @Nullable Long bytes(@Nullable ByteSize size) {
    return size == null ? null : size.bytes();
  }

  private static void size(List<Limit> limits, String file, @Nullable ByteSize size) {
    if (size != null) {
      limits.add(limit(file, Long.toString(size.bytes())));
    }
  }

  private static Limit limit(String file, String text) {
    return limit(file, text, file);
  }

  /** A file's name begins with its controller's. */
  private static Limit limit(String file, String text, String key) {
    return new Limit(file.substring(0, file.indexOf('.')), file, text, key);
  }

  @Override
  public List<Missing> missing(Resources resources) {
    if (resources.memory().swappiness() == null) {
      return List.of();
    }
    return List.of(
        new Missing(
            "memory.swappiness",
            "cgroup v2 has no memory.swappiness",
            "leave it out, or forbid swap with swap_max: 0"));
  }
}
