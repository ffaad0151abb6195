package jstack.manifest;

import java.time.Duration;
import java.util.List;

/**
 * The command by which a supervisor judges its container, run inside with the walls of the service.
 *
 * <pre>
 * healthcheck: {test: [CMD, wget, -qO-, "http://127.0.0.1/"], interval: 2s, on_failure: restart}
 * </pre>
 *
 * @param test {@code CMD} and words, or {@code CMD-SHELL} and a line for /bin/sh
 * @param interval from the end of a check to the next
 * @param retries how many in a row have to fail
 * @param startPeriod in which a failure does not count
 * @param startInterval in place of the interval until the first success in the start period
 */
public record Healthcheck(
    List<String> test,
    Duration interval,
    Duration timeout,
    int retries,
    Duration startPeriod,
    Duration startInterval,
    OnFailure onFailure) {

  /** What is done with a container that has become unhealthy. */
  public enum OnFailure {
    NONE,
    RESTART,
    STOP
  }

  public Healthcheck {
    test = List.copyOf(test);
  }

  /** What is executed. */
  public List<String> command() {
    return test.get(0).equals("CMD-SHELL")
        ? List.of("/bin/sh", "-c", test.get(1))
        : test.subList(1, test.size());
  }
}
