package jstack.manifest;

import org.jspecify.annotations.Nullable;

/**
 * Processor time.
 *
 * <pre>
 * cpu: {max: 0.5, burst: 20ms, weight: 200, idle: false}
 * </pre>
 *
 * @param burst microseconds of unused quota that may be saved up
 * @param idle runs only when nobody else wants to
 */
public record CpuLimits(
    @Nullable CpuMax max, @Nullable Long burst, @Nullable Integer weight, boolean idle) {
  public static final CpuLimits NONE = new CpuLimits(null, null, null, false);
}
