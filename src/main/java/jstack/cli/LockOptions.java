package jstack.cli;

import java.time.Duration;
import jstack.state.ProjectLock;

/** How long a verb that changes a project waits for another one that does. */
final class LockOptions implements Usage.Group {
  /** Waits for nobody. */
  static final LockOptions NONE = new LockOptions();

  private String timeout = "0s";

  ProjectLock.Patience patience(Console console) {
    return patience(console, timeout());
  }

  /** Of a verb that waits although nobody said so. */
  static ProjectLock.Patience patience(Console console, Duration timeout) {
    return new ProjectLock.Patience(
        timeout, holder -> console.err().println("waiting for " + holder));
  }

  private Duration timeout() {
    try {
      return timeout.equals("0s") ? Duration.ZERO : jstack.manifest.Durations.parse(timeout);
    } catch (IllegalArgumentException e) {
      throw ExecVerb.usage("--lock-timeout: " + e.getMessage(), "0s waits for nobody");
    }
  }

  @Override
  public void usage(Usage usage) {
    usage.text(
        "--lock-timeout",
        "DURATION",
        "How long to wait for another run that changes the project; 0s if not given.",
        value -> timeout = value);
  }
}
