package jstack.program;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * Everything that is done to make, run and clear away one container, in order. Two equal programs
 * make equal containers; what differs between two programs is the reason for a change.
 */
public record Program(List<Step> steps) {
  public Program {
    steps = List.copyOf(steps);
  }

  /** The steps of one phase, in order. */
  public List<Step> of(Phase phase) {
    return steps.stream().filter(step -> step.phase() == phase).toList();
  }

  /** The instructions of one type, in order. */
  public <T extends Instruction> Stream<T> all(Class<T> type) {
    return steps.stream().map(Step::instruction).filter(type::isInstance).map(type::cast);
  }

  /** SHA-256 over phases, ops and arguments; origins are left out, so a moved line is no change. */
  public String fingerprint() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Step step : steps) {
        update(digest, step.phase().word());
        update(digest, step.instruction().op());
        List<String> arguments = step.instruction().arguments();
        update(digest, Integer.toString(arguments.size()));
        arguments.forEach(argument -> update(digest, argument));
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static void update(MessageDigest digest, String text) {
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    digest.update((byte) 0);
  }
}
