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
 * @param shares Compose's and v1's word for the weight, where no weight is exactly that
 */
public record CpuLimits(
    @Nullable CpuMax max,
    @Nullable Long burst,
    @Nullable Integer weight,
    boolean idle,
    @Nullable Integer shares) {
  public static final CpuLimits NONE = new CpuLimits(null, null, null, false);

  public CpuLimits(
      @Nullable CpuMax max, @Nullable Long burst, @Nullable Integer weight, boolean idle) {
    this(max, burst, weight, idle, null);
  }

  /** The default weight of v2, 100, is the default share of v1, 1024; both are ratios. */
  public static int shares(int weight) {
    return Math.max(2, Math.min(262_144, (int) (weight * 1024L / 100)));
  }

  /** The nearest weight; {@link #shares} of it may be another number. */
  public static int weight(long shares) {
    return (int) Math.max(1, (shares * 100 + 512) / 1024);
  }
}
