package jstack.manifest;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a run should end with and may use at most; its receipt is held against it. Null is no
 * expectation.
 *
 * <pre>
 * expect: {exit_code: 0, memory_peak: 200m, cpu_time: 10s, wall: 1m}
 * </pre>
 *
 * @param memoryPeak page cache and all
 * @param cpuTime of all its processes, user and system
 * @param wall from its start to its end
 */
public record Expect(
    @Nullable Integer exitCode,
    @Nullable ByteSize memoryPeak,
    @Nullable Duration cpuTime,
    @Nullable Duration wall) {
  public static final Expect NONE = new Expect(null, null, null, null);

  /** Of a job that says nothing of it. */
  public static final Expect SUCCESS = new Expect(0, null, null, null);
}
