package jstack.linux;

import java.util.Optional;

/**
 * What {@code /proc/PID/stat} says of a process; see proc(5).
 *
 * @param state one letter; Z is a zombie
 * @param cpuTicks clock ticks in user and in system mode, fields 14 and 15
 * @param startTime clock ticks since boot, field 22
 */
public record ProcStat(long pid, char state, long parent, long cpuTicks, long startTime) {
  private static final int FIELDS_TO_USER_TIME = 10;
  private static final int FIELDS_TO_START = 19;

  /** Reads the one line; empty for anything else. A name in parentheses may hold anything. */
  public static Optional<ProcStat> parse(String text) {
    int open = text.indexOf('(');
    int close = text.lastIndexOf(')');
    if (open < 2 || close < open || close + 2 >= text.length()) {
      return Optional.empty();
    }
    try {
      long pid = Long.parseLong(text.substring(0, open - 1));
      char state = text.charAt(close + 2);
      int at = close + 4;
      long parent = 0;
      long ticks = 0;
      for (int field = 0; field < FIELDS_TO_START; field++) {
        int space = text.indexOf(' ', at);
        if (space < 0) {
          return Optional.empty();
        }
        if (field == 0) {
          parent = Long.parseLong(text.substring(at, space));
        }
        if (field == FIELDS_TO_USER_TIME || field == FIELDS_TO_USER_TIME + 1) {
          ticks += Long.parseLong(text.substring(at, space));
        }
        if (field == FIELDS_TO_START - 1) {
          long start = Long.parseLong(text.substring(at, space));
          return Optional.of(new ProcStat(pid, state, parent, ticks, start));
        }
        at = space + 1;
      }
      return Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** By a signal, until another one lets it go on; the stops of a debugger are another letter. */
  public boolean isStopped() {
    return state == 'T';
  }

  /** A zombie is a dead process that nobody has asked about yet. */
  public boolean isDead() {
    return state == 'Z' || state == 'X' || state == 'x';
  }
}
