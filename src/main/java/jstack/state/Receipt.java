package jstack.state;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * What one run of a container used and how it ended, as its supervisor counted it when it was over:
 * lines of {@code key=value}, protocol in receipt.h. A number is {@link #UNKNOWN} where the line is
 * missing, because this kernel does not count it or nobody lived to see it; it is never taken for
 * 0.
 *
 * @param startedAt nanoseconds since the epoch; the name of the run
 * @param exitCode the command's code, or 128 and the signal
 * @param signal 0 when it ended by itself
 * @param stopped whether somebody asked it to end
 * @param endedBy timeout, unhealthy or hook when its supervisor ended it, checkpoint when it goes
 *     on with a restore; empty when not
 * @param restored whether it began with a restore, behind the run that a checkpoint ended
 * @param pidsPeak threads and the init, too
 */
public record Receipt(
    long startedAt,
    long finishedAt,
    long exitCode,
    long signal,
    boolean stopped,
    String endedBy,
    boolean restored,
    Memory memory,
    Cpu cpu,
    Io io,
    long pidsPeak,
    Made made) {
  public static final long UNKNOWN = -1;

  /**
   * Bytes, page cache and all.
   *
   * @param oomKills how many processes the kernel killed for want of memory
   * @param limit UNKNOWN when there is none, too
   * @param limitHit whether this very limit was in the way, and not one further up
   */
  public record Memory(long oomKills, long peak, long limit, boolean limitHit) {}

  /** Nanoseconds on CPUs, and how often and how long it waited for its next share of them. */
  public record Cpu(long user, long system, long throttledPeriods, long throttledTime) {
    /** UNKNOWN when a part is. */
    public long total() {
      return user == UNKNOWN || system == UNKNOWN ? UNKNOWN : user + system;
    }
  }

  /** Bytes of block devices. */
  public record Io(long read, long written) {}

  /** What it was made from; texts are empty when not known. */
  public record Made(String rootfsDigest, String manifestDigest) {}

  /** Empty when the text is not ours. */
  static Optional<Receipt> parse(String text) {
    Map<String, String> values = Status.keyValues(text);
    if (!"1".equals(values.get("version")) || !values.containsKey("started_at")) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new Receipt(
              number(values, "started_at"),
              number(values, "finished_at"),
              number(values, "exit_code"),
              number(values, "signal"),
              number(values, "stopped") == 1,
              values.getOrDefault("ended_by", ""),
              number(values, "restored") == 1,
              new Memory(
                  number(values, "oom_kills"),
                  number(values, "memory_peak"),
                  number(values, "memory_limit"),
                  number(values, "memory_limit_hit") == 1),
              new Cpu(
                  number(values, "cpu_user"),
                  number(values, "cpu_system"),
                  number(values, "throttled_periods"),
                  number(values, "throttled_time")),
              new Io(number(values, "io_read"), number(values, "io_written")),
              number(values, "pids_peak"),
              new Made(
                  values.getOrDefault("rootfs_digest", ""),
                  values.getOrDefault("manifest_digest", ""))));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static long number(Map<String, String> values, String key) {
    String value = values.get(key);
    return value == null ? UNKNOWN : Long.parseLong(value);
  }

  /** Whether the kernel killed in it for want of memory. */
  public boolean isOutOfMemory() {
    return memory.oomKills() > 0;
  }

  /** Nanoseconds from its start to its end; UNKNOWN when nobody saw the end. */
  public long wall() {
    return finishedAt == UNKNOWN ? UNKNOWN : Math.max(0, finishedAt - startedAt);
  }

  public Instant started() {
    return Instant.EPOCH.plus(Duration.ofNanos(startedAt));
  }

  /** Empty when nobody saw the end. */
  public Optional<Instant> finished() {
    return finishedAt == UNKNOWN
        ? Optional.empty()
        : Optional.of(Instant.EPOCH.plus(Duration.ofNanos(finishedAt)));
  }
}
