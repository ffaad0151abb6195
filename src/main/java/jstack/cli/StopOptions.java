package jstack.cli;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** {@code -t SECONDS} of the verbs that stop something. */
final class StopOptions {
  private StopOptions() {}

  /** Null leaves each container its own grace. */
  static @Nullable Duration grace(@Nullable Integer seconds) {
    if (seconds != null && seconds < 0) {
      throw ExecVerb.usage("a timeout of " + seconds + " seconds", "0 kills at once");
    }
    return seconds == null ? null : Duration.ofSeconds(seconds);
  }
}
