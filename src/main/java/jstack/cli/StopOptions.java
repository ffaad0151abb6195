package jstack.cli;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** {@code -t SECONDS} of the verbs that stop something. */
final class StopOptions {
  private StopOptions() {}

  /** Null leaves each container its own grace. */
  static @Nullable Duration grace(@Nullable Integer seconds) {
    return seconds == null ? null : Duration.ofSeconds(Math.max(0, seconds));
  }
}
