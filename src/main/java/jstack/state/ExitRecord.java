package jstack.state;

import java.util.Map;
import java.util.Optional;

/**
 * What the container's own init wrote as its last deed, through a descriptor opened before the
 * pivot: no death of a supervisor loses it.
 *
 * @param waitStatus as in wait(2)
 * @param startTime of the init, so that the record of another life is not taken for this one's
 */
public record ExitRecord(int waitStatus, long startTime, long at) {
  public static Optional<ExitRecord> parse(String text) {
    Map<String, String> values = Status.keyValues(text.strip().replace(' ', '\n'));
    try {
      return values.containsKey("status")
          ? Optional.of(
              new ExitRecord(
                  Integer.parseInt(values.getOrDefault("status", "")),
                  Long.parseLong(values.getOrDefault("start", "")),
                  Long.parseLong(values.getOrDefault("at", ""))))
          : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** Whether it is of the run that a status tells of; see exit_record_read in status.c. */
  boolean isOf(Status status) {
    return startTime == status.startTime() || (status.restored() && at >= status.startedAt());
  }

  public int signal() {
    return waitStatus & 0x7f;
  }

  /** The command's code, or 128 and the signal. */
  public int exitCode() {
    return signal() == 0 ? waitStatus >> 8 & 0xff : 128 + signal();
  }
}
