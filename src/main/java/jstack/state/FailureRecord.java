package jstack.state;

import java.util.Map;
import java.util.Optional;

/**
 * The step at which the helper gave up.
 *
 * @param step index into the program, -1 when no step is to blame
 * @param errno as in errno(3)
 * @param call what was tried
 */
public record FailureRecord(int step, int errno, String call) {
  public static Optional<FailureRecord> parse(String text) {
    Map<String, String> values = Status.keyValues(text);
    try {
      return Optional.of(
          new FailureRecord(
              Integer.parseInt(values.getOrDefault("step", "-1")),
              Integer.parseInt(values.getOrDefault("errno", "0")),
              values.getOrDefault("call", "")));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }
}
