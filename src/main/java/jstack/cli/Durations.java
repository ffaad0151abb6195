package jstack.cli;

import java.time.Duration;

/** Times as a reader wants them. */
final class Durations {
  private Durations() {}

  /** Seconds, rounded up to the millisecond: what is more than a budget never looks like it. */
  static String seconds(long nanos) {
    long millis = nanos / 1_000_000 + (nanos % 1_000_000 == 0 ? 0 : 1);
    String fraction = Long.toString(1000 + millis % 1000).substring(1);
    int end = fraction.length();
    while (end > 0 && fraction.charAt(end - 1) == '0') {
      end--;
    }
    return millis / 1000 + (end == 0 ? "" : "." + fraction.substring(0, end)) + " s";
  }

  /** How long ago, in one unit. */
  static String roughly(Duration duration) {
    long seconds = Math.max(0, duration.toSeconds());
    if (seconds < 120) {
      return seconds + " s";
    }
    if (seconds < 2 * 3600) {
      return seconds / 60 + " min";
    }
    return seconds < 2 * 86_400 ? seconds / 3600 + " h" : seconds / 86_400 + " days";
  }
}
