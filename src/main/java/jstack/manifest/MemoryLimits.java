package jstack.manifest;

import org.jspecify.annotations.Nullable;

/**
 * Memory, the page cache included: min and low are protected, above high the kernel takes back,
 * above max it kills.
 *
 * <pre>
 * memory: {max: 100m, high: 90m, low: 20m, min: 10m, swap_max: 0, swappiness: 0, oom_group: true}
 * </pre>
 *
 * @param swapMax swap on top of memory; 0 when memory is capped and nothing else was said
 * @param oomGroup all processes are killed together
 */
public record MemoryLimits(
    @Nullable ByteSize max,
    @Nullable ByteSize high,
    @Nullable ByteSize low,
    @Nullable ByteSize min,
    @Nullable ByteSize swapMax,
    @Nullable Integer swappiness,
    boolean oomGroup) {
  public static final MemoryLimits NONE =
      new MemoryLimits(null, null, null, null, null, null, false);

  /** The two that belong together. */
  public static MemoryLimits of(ByteSize max, ByteSize swapMax) {
    return new MemoryLimits(max, null, null, null, swapMax, null, false);
  }
}
