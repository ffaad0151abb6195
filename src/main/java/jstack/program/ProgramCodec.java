package jstack.program;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jstack.diag.Origin;

/**
 * The wire between Java and the helper: NUL-terminated words, strict in both directions.
 *
 * <pre>
 * "jstack-program" NUL "1" NUL, then per step: phase op origin argc argument ...
 * </pre>
 */
public final class ProgramCodec {
  private static final String MAGIC = "jstack-program";
  private static final String VERSION = "1";

  private ProgramCodec() {}

  public static byte[] encode(Program program) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(16 * 1024);
    word(out, MAGIC);
    word(out, VERSION);
    for (Step step : program.steps()) {
      List<String> arguments = step.instruction().arguments();
      word(out, step.phase().word());
      word(out, step.instruction().op());
      word(out, step.origin().toString());
      word(out, Integer.toString(arguments.size()));
      arguments.forEach(argument -> word(out, argument));
    }
    return out.toByteArray();
  }

  private static void word(ByteArrayOutputStream out, String text) {
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("a NUL cannot travel: " + text);
    }
    out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    out.write(0);
  }

  /** Empty for bytes that are no program of this version. */
  public static Optional<Program> tryDecode(byte[] bytes) {
    try {
      return Optional.of(decode(bytes));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Inverse of {@link #encode}. Throws IllegalArgumentException for anything else. */
  public static Program decode(byte[] bytes) {
    Words words = new Words(bytes);
    if (!words.next().equals(MAGIC) || !words.next().equals(VERSION)) {
      throw new IllegalArgumentException("not a program of this version");
    }
    List<Step> steps = new ArrayList<>();
    while (words.hasNext()) {
      String word = words.next();
      Phase phase =
          Phase.ofWord(word)
              .orElseThrow(() -> new IllegalArgumentException("unknown phase: " + word));
      String op = words.next();
      Origin origin = Origin.parse(words.next());
      int count = Integer.parseInt(words.next());
      if (count < 0 || count > bytes.length) {
        throw new IllegalArgumentException("impossible number of arguments: " + count);
      }
      List<String> arguments = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        arguments.add(words.next());
      }
      steps.add(new Step(phase, origin, InstructionReader.read(op, arguments)));
    }
    return new Program(steps);
  }

  private static final class Words {
    private final byte[] bytes;
    private int at;

    Words(byte[] bytes) {
      this.bytes = bytes;
    }

    boolean hasNext() {
      return at < bytes.length;
    }

    String next() {
      int end = at;
      while (end < bytes.length && bytes[end] != 0) {
        end++;
      }
      if (end >= bytes.length) {
        throw new IllegalArgumentException("the program ends inside a word");
      }
      String word = new String(bytes, at, end - at, StandardCharsets.UTF_8);
      at = end + 1;
      return word;
    }
  }
}
