package jstack.cli;

import java.time.Duration;

/** How long ago, in the one unit that a reader wants. */
final class Durations {
  private Durations() {}

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
