package jstack.diag;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What one run asked the machine on its way from a manifest to a plan, and what it was answered. As
 * long as all answers stay the same the same comes out, as with the prerequisites of make(1); but
 * these are noted where they are read, so none can be forgotten in a list.
 *
 * <p>Whoever asks something that nothing here can ask again says so with {@link #cannotAskAgain}.
 */
public final class Inputs {
  /** What was asked of a path, or of a name. */
  public enum Kind {
    /** The {@link #digest} of a file's bytes; that of no bytes for one that cannot be read. */
    TEXT,
    /** What stands there, links followed. */
    KIND,
    /** Where it leads to, links followed. */
    REAL,
    /** Whether anything is there, links followed. */
    THERE,
    /** Whether a directory, and no link to one, is there. */
    DIRECTORY,
    /** What is written in a symbolic link. */
    LINK,
    /** Which file it is, or which link: its device, inode, size and times; see inode(7). */
    FILE,
    /** The {@link #digest} of where the kernel's own file systems are mounted. */
    MOUNTS,
    /** The {@link #digest} of a variable of the caller's; empty for one that is not set. */
    VARIABLE,
    /** Whether there is a table of that name; see nft(8). */
    TABLE,
    /** Whether nobody else's way leads into the subnets of that project. */
    SUBNETS
  }

  /** One of them. */
  public record Question(Kind kind, String subject) {
    /** By hand, because the generated one costs a short-lived JVM 15 ms at its first call. */
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Question that && kind == that.kind && subject.equals(that.subject);
    }

    @Override
    public int hashCode() {
      return subject.hashCode();
    }
  }

  private final Map<Question, String> answers = new LinkedHashMap<>();
  private boolean repeatable = true;

  /** Something was asked. Two answers to one question make the whole unfit to be asked again. */
  public synchronized void note(Kind kind, String subject, String answer) {
    String before = answers.put(new Question(kind, subject), answer);
    boolean once = before == null || before.equals(answer);
    repeatable &= once && isOneWord(subject) && isOneWord(answer);
  }

  /** What a record of lines can hold as it is. */
  private static boolean isOneWord(String text) {
    return text.indexOf('\n') < 0 && text.indexOf('\t') < 0;
  }

  public void note(Kind kind, String subject, boolean answer) {
    note(kind, subject, word(answer));
  }

  /** The content of a file as it was read. */
  public void text(String file, byte[] content) {
    note(Kind.TEXT, file, digest(content));
  }

  /** A variable of the caller's was asked for. */
  public void variable(String name, @Nullable String value) {
    note(Kind.VARIABLE, name, digest(value));
  }

  /** Of a variable, if it is set. */
  public static String digest(@Nullable String value) {
    return value == null ? "" : digest(value.getBytes(StandardCharsets.UTF_8));
  }

  /** Something was asked that changes by itself, or that only whoever asked can ask. */
  public synchronized void cannotAskAgain() {
    repeatable = false;
  }

  /** These, but for what was asked again since, when the answers may have become others. */
  public synchronized Inputs with(Inputs since) {
    Inputs both = new Inputs();
    both.answers.putAll(answers);
    both.answers.putAll(since.answers());
    both.repeatable = repeatable && since.areRepeatable();
    return both;
  }

  /** Whether asking all questions again would tell whether anything has changed. */
  public synchronized boolean areRepeatable() {
    return repeatable;
  }

  public synchronized Map<Question, String> answers() {
    return new LinkedHashMap<>(answers);
  }

  /** An answer of those who say yes or no. */
  public static String word(boolean answer) {
    return answer ? "yes" : "no";
  }

  /**
   * Tells one content from another that somebody happened to write. It is no secret and no proof:
   * two sums that the processor has instructions for.
   */
  public static String digest(byte[] content) {
    CRC32 one = new CRC32();
    one.update(content, 0, content.length);
    CRC32C other = new CRC32C();
    other.update(content, 0, content.length);
    long both = one.getValue() << Integer.SIZE | other.getValue();
    return Long.toHexString(both) + "-" + content.length;
  }
}
