package jstack.program;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Which process carries out a step, in the order of a container's life; see instructions.def. */
public enum Phase {
  SUPERVISE,
  HOST,
  NAMESPACE,
  ROOT,
  PROCESS,
  TEARDOWN;

  private final String word = name().toLowerCase(Locale.ROOT);

  /** The letter of instructions.def. */
  public char letter() {
    return this == SUPERVISE ? 'v' : word().charAt(0);
  }

  /** The word on the wire. */
  public String word() {
    return word;
  }

  public static Optional<Phase> ofWord(String word) {
    return Arrays.stream(values()).filter(p -> p.word().equals(word)).findFirst();
  }
}
