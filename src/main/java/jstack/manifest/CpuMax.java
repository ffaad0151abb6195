package jstack.manifest;

/** At most {@code quota} microseconds of processor time in each {@code period} microseconds. */
public record CpuMax(long quota, long period) {
  public static final long DEFAULT_PERIOD = 100_000;

  /** {@code cpus: 0.5} is half of one processor. */
  public static CpuMax ofCpus(java.math.BigDecimal cpus) {
    return new CpuMax(
        cpus.multiply(java.math.BigDecimal.valueOf(DEFAULT_PERIOD)).longValue(), DEFAULT_PERIOD);
  }
}
