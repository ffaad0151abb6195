package jstack.rootfs;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import jstack.diag.DiagnosticPrinter;

/**
 * What the process that unpacks says to the one that started it: a line for each thing, the last
 * one its end. The reader believes nothing: who wrote it may have been taken over by an archive.
 *
 * <pre>
 * at ENTRIES BYTES          now and then
 * warning TEXT
 * done ENTRIES BYTES DEVICES
 * refused TEXT              the archive's fault
 * failed TEXT               the machine's
 * </pre>
 */
public final class UnpackAnswer {
  private static final int LONGEST = 2000;
  private static final int MOST_WARNINGS = 20;

  private final List<String> warnings = new ArrayList<>();
  private String last = "";

  /** What is no word of ours: of a JVM that cannot go on, the first line says why. */
  private String complaint = "";

  public static String at(long entries, long bytes) {
    return "at " + entries + " " + bytes;
  }

  public static List<String> done(UnpackReport report) {
    List<String> lines = new ArrayList<>();
    report.warnings().forEach(warning -> lines.add("warning " + oneLine(warning)));
    lines.add("done " + report.entries() + " " + report.bytes() + " " + report.devicesSkipped());
    return lines;
  }

  public static String failed(Throwable failure) {
    String word = failure instanceof ArchiveException ? "refused " : "failed ";
    return word + oneLine(String.valueOf(failure.getMessage()));
  }

  private static String oneLine(String text) {
    return text.replace('\n', ' ').replace('\r', ' ');
  }

  /** Takes the next line. */
  public void add(String line, FetchListener listener) {
    String text = line.length() > LONGEST ? line.substring(0, LONGEST) : line;
    if (text.startsWith("at ")) {
      long[] numbers = numbers(text, 2);
      if (numbers.length == 2) {
        listener.unpackedSoFar(numbers[0], numbers[1]);
      }
    } else if (text.startsWith("warning ")) {
      if (warnings.size() < MOST_WARNINGS) {
        warnings.add(DiagnosticPrinter.visible(text.substring("warning ".length())));
      }
    } else if (!text.isBlank()) {
      last = text;
      if (complaint.isEmpty() && !text.matches("(?s)(done|refused|failed) .*")) {
        complaint = text;
      }
    }
  }

  /**
   * What came of it.
   *
   * @param code the exit code of the process
   */
  public UnpackReport end(int code) throws IOException {
    if (last.startsWith("refused ")) {
      throw new ArchiveException(visibleAfter("refused "));
    }
    if (last.startsWith("failed ")) {
      throw new IOException(visibleAfter("failed "));
    }
    long[] numbers = last.startsWith("done ") ? numbers(last, 3) : new long[0];
    if (code != 0 || numbers.length != 3) {
      String why = complaint.isEmpty() ? last : complaint;
      String said = why.isEmpty() ? "" : ": " + DiagnosticPrinter.visible(why);
      throw new IOException("the process that unpacks ended with code " + code + said);
    }
    return new UnpackReport(numbers[0], numbers[1], numbers[2], warnings);
  }

  private String visibleAfter(String word) {
    return DiagnosticPrinter.visible(last.substring(word.length()));
  }

  private static long[] numbers(String text, int count) {
    String[] words = text.split(" ", -1);
    long[] numbers = new long[count];
    try {
      for (int i = 0; i < count; i++) {
        numbers[i] = Long.parseLong(words[i + 1]);
      }
      return words.length == count + 1 ? numbers : new long[0];
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      return new long[0];
    }
  }
}
