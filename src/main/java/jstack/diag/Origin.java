package jstack.diag;

import java.nio.charset.StandardCharsets;

/**
 * Where a value was written: file, line, column, length and the path of keys that leads to it.
 *
 * <p>Lines and columns count from 1, columns and length in code points; line 0 means that the place
 * is not known. The text form is what travels in a program, so that an errno of the kernel finds
 * its line again.
 */
public record Origin(String file, int line, int column, int length, String keyPath)
    implements Comparable<Origin> {

  /** A value that nobody wrote: a default, or something jstack needs for itself. */
  public static final Origin NONE = new Origin("", 0, 0, 0, "");

  public Origin {
    file = printable(file);
    keyPath = printable(keyPath);
  }

  /** A whole file, where no line is to blame. */
  public static Origin ofFile(String file) {
    return new Origin(file, 0, 0, 0, "");
  }

  public boolean isKnown() {
    return line > 0;
  }

  /** The same place under another name, as when a finding moves from a parent to its key. */
  public Origin withKeyPath(String path) {
    return new Origin(file, line, column, length, path);
  }

  /** Inverse of {@link #toString()}. Throws IllegalArgumentException for any other text. */
  public static Origin parse(String text) {
    String[] parts = text.split("\t", -1);
    if (parts.length != 5) {
      throw new IllegalArgumentException("not an origin: " + text);
    }
    return new Origin(
        parts[4],
        Integer.parseInt(parts[0]),
        Integer.parseInt(parts[1]),
        Integer.parseInt(parts[2]),
        parts[3]);
  }

  @Override
  public String toString() {
    return line + "\t" + column + "\t" + length + "\t" + keyPath + "\t" + file;
  }

  /** {@code file:line:column}, as compilers print it; as much of it as is known. */
  public String place() {
    return isKnown() ? file + ":" + line + ":" + column : file;
  }

  @Override
  public int compareTo(Origin other) {
    int order = file.compareTo(other.file);
    order = order != 0 ? order : Integer.compare(line, other.line);
    order = order != 0 ? order : Integer.compare(column, other.column);
    return order != 0 ? order : keyPath.compareTo(other.keyPath);
  }

  private static String printable(String text) {
    for (byte b :
        text.getBytes(StandardCharsets.ISO_8859_1)) { // at once: each value is one of many
      if ((b >= 0 && b < 0x20) || b == 0x7f) {
        return withoutControls(text);
      }
    }
    return text;
  }

  private static String withoutControls(String text) {
    StringBuilder out = new StringBuilder(text);
    for (int i = 0; i < out.length(); i++) {
      if (isControl(out.charAt(i))) {
        out.setCharAt(i, '?');
      }
    }
    return out.toString();
  }

  private static boolean isControl(char c) {
    return c < 0x20 || c == 0x7f;
  }
}
