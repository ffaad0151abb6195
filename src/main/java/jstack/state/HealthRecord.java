package jstack.state;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import jstack.linux.SmallFile;

/**
 * The last health check of a container, as its supervisor saw it: lines of {@code key=value}, an
 * empty line, and the first 4 KiB of what the check wrote.
 *
 * @param at nanoseconds since the epoch
 * @param exitCode 124 when its time was over
 * @param failing how many failed in a row, the start period aside
 * @param output as bytes of UTF-8 allow
 */
public record HealthRecord(long at, int exitCode, boolean timedOut, int failing, String output) {
  /** Empty when no check has ended yet. */
  public static Optional<HealthRecord> read(StateLayout layout, ContainerId id) {
    return parse(SmallFile.text(layout.health(id).toString(), StandardCharsets.UTF_8));
  }

  static Optional<HealthRecord> parse(String text) {
    int end = text.indexOf("\n\n");
    Map<String, String> values = Status.keyValues(end < 0 ? text : text.substring(0, end + 1));
    if (end < 0 || !"1".equals(values.get("version"))) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new HealthRecord(
              Long.parseLong(values.getOrDefault("at", "")),
              Integer.parseInt(values.getOrDefault("exit_code", "")),
              "1".equals(values.get("timed_out")),
              Integer.parseInt(values.getOrDefault("failing", "")),
              text.substring(end + 2)));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }
}
