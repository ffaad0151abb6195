package jstack.program;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
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

  /** What bytes decode to that are not of UTF-8. */
  private static final char REPLACEMENT = '\uFFFD';

  private ProgramCodec() {}

  /** The bytes belong to the program: nobody writes to them. */
  public static byte[] encode(Program program) {
    return program.encoded();
  }

  static byte[] write(Program program) {
    Writer out = new Writer();
    travel(program, out);
    return out.written();
  }

  /** Whether these are the bytes of the program; nothing is written to find that out. */
  static boolean isWritten(Program program, byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    if (text.indexOf(REPLACEMENT) >= 0) { // perhaps of bytes that are no text
      return Arrays.equals(write(program), bytes);
    }
    Comparer same = new Comparer(text);
    return travel(program, same) && same.at == text.length();
  }

  /** Who takes one word after the other, until it wants no more. */
  private interface Taker {
    boolean take(String word);
  }

  @SuppressWarnings("ReferenceEquality") // another one of the same text costs no more than a line
  private static boolean travel(Program program, Taker taker) {
    boolean more = taker.take(MAGIC) && taker.take(VERSION);
    Origin before = Origin.NONE; // many steps in a row come from one line
    String origin = before.toString();
    List<Step> steps = program.steps();
    for (int i = 0; more && i < steps.size(); i++) {
      Step step = steps.get(i);
      List<String> arguments = step.instruction().arguments();
      if (step.origin() != before) {
        before = step.origin();
        origin = before.toString();
      }
      more =
          taker.take(step.phase().word())
              && taker.take(step.instruction().op())
              && taker.take(origin)
              && taker.take(Integer.toString(arguments.size()));
      for (int k = 0; more && k < arguments.size(); k++) {
        more = taker.take(arguments.get(k));
      }
    }
    return more;
  }

  /** Whole words at a time, which a JVM that has just begun copies fast. */
  private static final class Writer implements Taker {
    private byte[] bytes = new byte[16 * 1024];
    private int length;
    private int words;

    @Override
    public boolean take(String text) {
      byte[] word = text.getBytes(StandardCharsets.UTF_8);
      int end = length + word.length;
      if (end >= bytes.length) {
        bytes = Arrays.copyOf(bytes, 2 * end + 1);
      }
      System.arraycopy(word, 0, bytes, length, word.length);
      bytes[end] = 0;
      length = end + 1;
      words++;
      return true;
    }

    byte[] written() {
      byte[] all = Arrays.copyOf(bytes, length);
      int ends = 0;
      for (byte each : all) {
        ends += each == 0 ? 1 : 0;
      }
      if (ends != words) {
        throw new IllegalArgumentException("a NUL cannot travel");
      }
      return all;
    }
  }

  /** The same over what is there already, decoded at once: whole words are compared then. */
  private static final class Comparer implements Taker {
    private final String text;
    private int at;

    Comparer(String text) {
      this.text = text;
    }

    @Override
    public boolean take(String word) {
      if (!text.startsWith(word, at)) {
        return false;
      }
      at += word.length() + 1;
      return at <= text.length() && text.charAt(at - 1) == 0;
    }
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

  /**
   * The first argument of the first steps of a kind. Nothing is made of the other steps: a verb
   * that only looks at many containers has no time for that.
   *
   * @param limit how many are wanted
   */
  public static List<String> arguments(byte[] encoded, String op, int limit) {
    List<String> found = new ArrayList<>();
    byte[] wanted = op.getBytes(StandardCharsets.UTF_8);
    Words words = new Words(encoded);
    try {
      words.skip();
      words.skip();
      while (words.hasNext() && found.size() < limit) {
        words.skip();
        boolean same = words.nextIs(wanted);
        words.skip();
        int count = Integer.parseInt(words.next());
        if (same && count > 0) {
          found.add(words.next());
          count--;
        }
        for (int i = 0; i < count; i++) {
          words.skip();
        }
      }
    } catch (IllegalArgumentException e) {
      return List.of();
    }
    return found;
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

    private int end() {
      byte[] all = bytes; // a field would be read once for each of them
      int end = at;
      while (end < all.length && all[end] != 0) {
        end++;
      }
      if (end >= all.length) {
        throw new IllegalArgumentException("the program ends inside a word");
      }
      return end;
    }

    String next() {
      int end = end();
      String word = new String(bytes, at, end - at, StandardCharsets.UTF_8);
      at = end + 1;
      return word;
    }

    void skip() {
      at = end() + 1;
    }

    boolean nextIs(byte[] word) {
      int end = end();
      boolean same = Arrays.equals(bytes, at, end, word, 0, word.length);
      at = end + 1;
      return same;
    }
  }
}
