package jstack.linux;

/**
 * What the kernel has counted for one container, in v1's files or v2's; see cgroups(7) and the
 * kernel's cgroup-v2.rst; {@link CgroupReader} reads it. A number is {@link #UNKNOWN} where no
 * controller counts it.
 *
 * @param pids how many processes and threads there are
 */
public record CgroupStats(Cpu cpu, Memory memory, Io io, long pids) {
  public static final long UNKNOWN = -1;

  /**
   * Time.
   *
   * @param usedNanos the time of all its processes, those that ended too
   * @param throttledPeriods in how many periods it had to wait for its next share
   * @param throttledNanos how long it waited altogether
   */
  public record Cpu(long usedNanos, long throttledPeriods, long throttledNanos) {}

  /**
   * Bytes.
   *
   * @param used page cache and all
   * @param limit UNKNOWN when there is none
   */
  public record Memory(long used, long limit, long peak) {}

  /** Bytes of block devices. */
  public record Io(long read, long written) {}
}
