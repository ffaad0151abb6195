package jstack.manifest;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The limits of a service, or of the whole stack, in the words of cgroup v2; null means that the
 * kernel's default stays.
 *
 * <pre>
 * cgroup:
 *   memory: {max: 100m, swappiness: 0}
 *   cpu: {max: 0.5, weight: 200}
 *   cpuset: {cpus: 0-1}
 *   pids: {max: 64}
 *   io: {weight: 200}
 *   unified: {hugetlb.2MB.max: "0"}
 *   parent: machine.slice
 *   delegate: true
 * </pre>
 *
 * @param pidsMax never null for a service
 * @param unified any file of cgroup v2 with its text
 * @param parent an existing cgroup below which ours are; null is the root
 * @param delegate whether the container may make cgroups of its own
 */
public record Resources(
    MemoryLimits memory,
    CpuLimits cpu,
    CpusetLimits cpuset,
    IoLimits io,
    @Nullable Long pidsMax,
    Map<String, String> unified,
    @Nullable CgroupPath parent,
    boolean delegate) {
  public static final long DEFAULT_PIDS_MAX = 1024;

  /** No limit at all. */
  public static final Resources NONE = of(MemoryLimits.NONE, CpuLimits.NONE, null);

  public Resources {
    unified = Collections.unmodifiableMap(new LinkedHashMap<>(unified));
  }

  /** The limits that nearly everybody uses. */
  public static Resources of(MemoryLimits memory, CpuLimits cpu, @Nullable Long pidsMax) {
    return new Resources(
        memory, cpu, CpusetLimits.NONE, IoLimits.NONE, pidsMax, Map.of(), null, false);
  }
}
