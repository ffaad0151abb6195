package jstack.manifest;

import org.jspecify.annotations.Nullable;

/**
 * The limits of a service in the words of cgroup v2; null means that the kernel's default stays.
 *
 * <pre>
 * cgroup:
 *   memory: {max: 100m, swappiness: 0}
 *   cpu: {max: 0.5, weight: 200}
 *   pids: {max: 64}
 * </pre>
 *
 * @param swapMax swap on top of memory; 0 when memory is capped and nothing else was said
 * @param pidsMax never unlimited
 */
public record Resources(
    @Nullable ByteSize memoryMax,
    @Nullable ByteSize swapMax,
    @Nullable Integer swappiness,
    @Nullable CpuMax cpuMax,
    @Nullable Integer cpuWeight,
    long pidsMax) {
  public static final long DEFAULT_PIDS_MAX = 1024;
}
