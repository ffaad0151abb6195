package jstack.manifest;

import org.jspecify.annotations.Nullable;

/**
 * The processors and memory nodes that may be used.
 *
 * <pre>
 * cpuset: {cpus: 0-1, mems: "0"}
 * </pre>
 */
public record CpusetLimits(@Nullable IndexList cpus, @Nullable IndexList mems) {
  public static final CpusetLimits NONE = new CpusetLimits(null, null);

  public boolean isEmpty() {
    return cpus == null && mems == null;
  }
}
