package jstack.manifest;

import java.time.Duration;

/** Compose's spelling of a time span: {@code 1m30s}, {@code 500ms}, {@code 1.5h}. */
public final class Durations {
  private static final String[] UNITS = {"h", "m", "s", "ms", "us", "ns"};
  private static final long[] NANOS = {
    3_600_000_000_000L, 60_000_000_000L, 1_000_000_000L, 1_000_000L, 1_000L, 1L
  };

  private Durations() {}

  /** Throws IllegalArgumentException with a message for the user. */
  public static Duration parse(String text) {
    long nanos = 0;
    int at = 0;
    int last = -1;
    while (at < text.length()) {
      int start = at;
      while (at < text.length() && isDigitOrDot(text.charAt(at))) {
        at++;
      }
      int unitStart = at;
      while (at < text.length() && !isDigitOrDot(text.charAt(at))) {
        at++;
      }
      int unit = unit(text.substring(unitStart, at));
      if (start == unitStart || unit <= last || unitStart - start > 18) {
        throw wrong(text);
      }
      nanos = add(nanos, text.substring(start, unitStart), unit, text);
      last = unit;
    }
    if (text.isEmpty()) {
      throw wrong(text);
    }
    return Duration.ofNanos(nanos);
  }

  private static long add(long nanos, String number, int unit, String text) {
    try {
      java.math.BigDecimal value =
          new java.math.BigDecimal(number).multiply(java.math.BigDecimal.valueOf(NANOS[unit]));
      return Math.addExact(nanos, value.longValueExact());
    } catch (NumberFormatException e) {
      throw wrong(text);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("too long or too fine: " + text);
    }
  }

  private static int unit(String name) {
    for (int i = 0; i < UNITS.length; i++) {
      if (UNITS[i].equals(name)) {
        return i;
      }
    }
    return -1;
  }

  private static boolean isDigitOrDot(char c) {
    return (c >= '0' && c <= '9') || c == '.';
  }

  private static IllegalArgumentException wrong(String text) {
    boolean bare = !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
    return new IllegalArgumentException(
        "not a time span: "
            + (text.isBlank() ? '"' + text + '"' : text)
            + (bare
                ? "; a unit is missing, write " + text + "s"
                : "; write it like 1m30s or 500ms"));
  }

  /** The shortest exact form; inverse of {@link #parse}. */
  public static String toString(Duration duration) {
    long rest = duration.toNanos();
    if (rest == 0) {
      return "0s";
    }
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < UNITS.length; i++) {
      if (rest >= NANOS[i]) {
        out.append(rest / NANOS[i]).append(UNITS[i]);
        rest %= NANOS[i];
      }
    }
    return out.toString();
  }
}
