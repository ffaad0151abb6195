package jstack.state;

import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What the supervisor last wrote of its container: lines of {@code key=value}.
 *
 * @param pid the container's first process as the host numbers it, 0 before there is one
 * @param startTime when that process started, in clock ticks since boot (proc(5), field 22)
 * @param exitCode the command's code, or 128 and the signal
 * @param startedAt nanoseconds since the epoch, 0 when it never started
 * @param endedBy timeout, unhealthy or hook when its supervisor ended it, checkpoint when criu did;
 *     empty when not
 * @param health what its health check says while it runs; empty when it has none
 * @param restarts how often its supervisor has started it again
 * @param restored whether criu made its processes, whose init knows the start of its first life
 */
public record Status(
    Phase phase,
    String bootId,
    long supervisorPid,
    long supervisorStartTime,
    long pid,
    long startTime,
    int exitCode,
    int signal,
    long startedAt,
    long finishedAt,
    boolean stopped,
    String endedBy,
    Optional<Health> health,
    long restarts,
    boolean restored) {

  /** What ended a run that criu keeps on disk. */
  public static final String CHECKPOINT = "checkpoint";

  /** What a health check says of a container that runs. */
  public enum Health {
    /** Not checked often enough yet. */
    STARTING,
    HEALTHY,
    UNHEALTHY;

    static Optional<Health> parse(String word) {
      return switch (word) {
        case "starting" -> Optional.of(STARTING);
        case "healthy" -> Optional.of(HEALTHY);
        case "unhealthy" -> Optional.of(UNHEALTHY);
        default -> Optional.empty();
      };
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How far the container's life has come. */
  public enum Phase {
    STARTING,
    RUNNING,
    /** Its command has ended, and its supervisor waits before it starts it again. */
    RESTARTING,
    EXITED,
    FAILED
  }

  /** The text for a container that a process is about to make. */
  static String claim(String bootId, long pid, long startTime) {
    return "version=1\nstate=starting\nboot_id=%s\nsupervisor_pid=%d\nsupervisor_start=%d\n"
        .formatted(bootId, pid, startTime);
  }

  /** Empty when the text is torn or not ours: then the machine itself is asked. */
  public static Optional<Status> parse(String text) {
    Map<String, String> values = keyValues(text);
    Phase phase = phase(values.getOrDefault("state", ""));
    if (phase == null || !"1".equals(values.get("version"))) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new Status(
              phase,
              values.getOrDefault("boot_id", ""),
              number(values, "supervisor_pid"),
              number(values, "supervisor_start"),
              number(values, "pid"),
              number(values, "start"),
              (int) number(values, "exit_code"),
              (int) number(values, "signal"),
              number(values, "started_at"),
              number(values, "finished_at"),
              number(values, "stopped") == 1,
              values.getOrDefault("ended_by", ""),
              Health.parse(values.getOrDefault("health", "")),
              number(values, "restarts"),
              number(values, "restored") == 1));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** The lines of {@code key=value} in a text; the last of a key wins. */
  static Map<String, String> keyValues(String text) {
    Map<String, String> values = new HashMap<>();
    int at = 0;
    for (int end; at < text.length(); at = end + 1) {
      int newline = text.indexOf('\n', at);
      end = newline < 0 ? text.length() : newline;
      int equals = text.indexOf('=', at);
      if (equals > at && equals < end) {
        values.put(text.substring(at, equals), text.substring(equals + 1, end));
      }
    }
    return values;
  }

  private static @org.jspecify.annotations.Nullable Phase phase(String word) {
    return switch (word) {
      case "starting" -> Phase.STARTING;
      case "running" -> Phase.RUNNING;
      case "restarting" -> Phase.RESTARTING;
      case "exited" -> Phase.EXITED;
      case "failed" -> Phase.FAILED;
      default -> null;
    };
  }

  private static long number(Map<String, String> values, String key) {
    String value = values.getOrDefault(key, "");
    return value.isEmpty() ? 0 : Long.parseLong(value);
  }

  public Instant started() {
    return Instant.ofEpochSecond(0, startedAt);
  }

  public Instant finished() {
    return Instant.ofEpochSecond(0, finishedAt);
  }
}
