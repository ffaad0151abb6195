package jstack.cli;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How long containers may take to stop, for the verbs that stop something. */
final class StopOptions implements Usage.Group {
  private @Nullable Integer timeout;

  @Override
  public void usage(Usage usage) {
    usage.number(
        "-t, --timeout",
        "SECONDS",
        "How long a container may take to stop.",
        value -> timeout = value);
  }

  /**
   * Null leaves each container its own grace.
   *
   * @throws jstack.diag.DiagnosticException when it is less than nothing
   */
  @Nullable Duration grace() {
    Integer seconds = timeout;
    if (seconds != null && seconds < 0) {
      throw ExecVerb.usage("a timeout of " + seconds + " seconds", "0 kills at once");
    }
    return seconds == null ? null : Duration.ofSeconds(seconds);
  }
}
