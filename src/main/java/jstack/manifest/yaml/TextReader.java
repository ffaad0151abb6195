package jstack.manifest.yaml;

import java.util.Arrays;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.reader.StreamReader;

/**
 * A whole text for SnakeYAML's scanner. Its own reader takes 1025 characters at a time and copies
 * what it holds for each of them, so that one value of a mebibyte would take seconds.
 */
final class TextReader extends StreamReader {
  private static final String NAME = "text";

  private final int[] text;
  private int pointer;
  private int documentIndex;
  private int line;
  private int column;

  /** A text without characters that YAML forbids; who read the file has seen to that. */
  TextReader(String text) {
    super("");
    this.text = codePoints(text);
  }

  /** By hand: a stream asks a dozen methods for each character. */
  private static int[] codePoints(String text) {
    int[] points = new int[text.length()];
    int count = 0;
    char[] chars = text.toCharArray();
    for (int i = 0; i < chars.length; i++) {
      int point = chars[i];
      if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
        point = text.codePointAt(i);
        i += Character.charCount(point) - 1;
      }
      points[count++] = point;
    }
    return count == points.length ? points : Arrays.copyOf(points, count);
  }

  @Override
  public Mark getMark() {
    return new Mark(NAME, pointer, line, column, text, pointer);
  }

  @Override
  public void forward() {
    forward(1);
  }

  @Override
  public void forward(int length) {
    for (int i = 0; i < length && pointer < text.length; i++) {
      int c = text[pointer++];
      documentIndex++;
      if (c == '\r' ? peek() != '\n' : isLineBreak(c)) {
        line++;
        column = 0;
      } else if (c != '\uFEFF') {
        column++;
      }
    }
  }

  private static boolean isLineBreak(int c) {
    return c == '\n' || c == '\u0085' || c == '\u2028' || c == '\u2029';
  }

  /** NUL at the end. */
  @Override
  public int peek() {
    return peek(0);
  }

  @Override
  public int peek(int ahead) {
    return pointer + ahead < text.length ? text[pointer + ahead] : 0;
  }

  @Override
  public String prefix(int length) {
    return new String(text, pointer, Math.min(length, text.length - pointer));
  }

  /** Only ever within a line. */
  @Override
  public String prefixForward(int length) {
    String prefix = prefix(length);
    int passed = Math.min(length, text.length - pointer);
    pointer += passed;
    documentIndex += passed;
    column += passed;
    return prefix;
  }

  @Override
  public int getColumn() {
    return column;
  }

  @Override
  public int getLine() {
    return line;
  }

  @Override
  public int getIndex() {
    return pointer;
  }

  @Override
  public int getDocumentIndex() {
    return documentIndex;
  }

  @Override
  public void resetDocumentIndex() {
    documentIndex = 0;
  }
}
