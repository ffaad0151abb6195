package jstack.manifest.print;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.manifest.CpuLimits;
import jstack.manifest.CpuMax;
import jstack.manifest.IoLimits;
import jstack.manifest.IoMax;
import jstack.manifest.MemoryLimits;
import jstack.manifest.Resources;
import org.jspecify.annotations.Nullable;

/** The part of a {@link ManifestTree} that is about limits. */
final class CgroupTree {
  private CgroupTree() {}

  static Map<String, Object> of(Resources limits) {
    Map<String, Object> map = new LinkedHashMap<>();
    ManifestTree.putUnlessEmpty(map, "memory", memory(limits.memory()));
    ManifestTree.putUnlessEmpty(map, "cpu", cpu(limits.cpu()));
    Map<String, Object> cpuset = new LinkedHashMap<>();
    put(cpuset, "cpus", limits.cpuset().cpus());
    put(cpuset, "mems", limits.cpuset().mems());
    ManifestTree.putUnlessEmpty(map, "cpuset", cpuset);
    Long pids = limits.pidsMax();
    if (pids != null) {
      map.put("pids", Map.of("max", pids));
    }
    ManifestTree.putUnlessEmpty(map, "io", io(limits.io()));
    Map<String, Object> unified = new LinkedHashMap<>();
    for (Map.Entry<String, String> file : limits.unified().entrySet()) {
      unified.put(file.getKey(), ManifestTree.text(file.getValue()));
    }
    ManifestTree.putUnlessEmpty(map, "unified", unified);
    put(map, "parent", limits.parent());
    if (limits.delegate()) {
      map.put("delegate", true);
    }
    return map;
  }

  private static Map<String, Object> memory(MemoryLimits limits) {
    Map<String, Object> memory = new LinkedHashMap<>();
    put(memory, "max", limits.max());
    put(memory, "high", limits.high());
    put(memory, "low", limits.low());
    put(memory, "min", limits.min());
    if (limits.max() != null) {
      put(memory, "swap_max", limits.swapMax());
    }
    number(memory, "swappiness", limits.swappiness());
    if (limits.oomGroup()) {
      memory.put("oom_group", true);
    }
    return memory;
  }

  private static Map<String, Object> cpu(CpuLimits limits) {
    Map<String, Object> cpu = new LinkedHashMap<>();
    CpuMax max = limits.max();
    if (max != null) {
      cpu.put("max", cpus(max));
    }
    number(cpu, "burst", limits.burst());
    if (limits.shares() == null) { // written as the service's cpu_shares otherwise
      number(cpu, "weight", limits.weight());
    }
    if (limits.idle()) {
      cpu.put("idle", true);
    }
    return cpu;
  }

  private static Object cpus(CpuMax max) {
    if (max.period() != CpuMax.DEFAULT_PERIOD) {
      return max.quota() + "/" + max.period();
    }
    BigDecimal cpus = BigDecimal.valueOf(max.quota()).divide(BigDecimal.valueOf(max.period()));
    return new BigDecimal(cpus.stripTrailingZeros().toPlainString());
  }

  private static Map<String, Object> io(IoLimits limits) {
    List<Object> disks = new ArrayList<>();
    for (IoMax max : limits.max()) {
      Map<String, Object> disk = new LinkedHashMap<>();
      put(disk, "device", max.device().path());
      put(disk, "rbps", max.rbps());
      put(disk, "wbps", max.wbps());
      number(disk, "riops", max.riops());
      number(disk, "wiops", max.wiops());
      disks.add(disk);
    }
    Map<String, Object> io = new LinkedHashMap<>();
    number(io, "weight", limits.weight());
    ManifestTree.putUnlessEmpty(io, "max", disks);
    return io;
  }

  private static void put(Map<String, Object> map, String key, @Nullable Object value) {
    if (value != null) {
      map.put(key, ManifestTree.text(value));
    }
  }

  private static void number(Map<String, Object> map, String key, @Nullable Number value) {
    if (value != null) {
      map.put(key, value);
    }
  }
}
