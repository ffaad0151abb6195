package jstack.diag;

import java.util.List;
import java.util.function.Function;

/**
 * Renders diagnostics as text: headline, source line with a caret, details, hint. Control
 * characters of hostile files are made visible, so that a manifest cannot drive the reader's
 * terminal.
 */
public final class DiagnosticPrinter {
  private static final int WIDEST_LINE = 160;

  private final Function<String, List<String>> linesOfFile;

  /**
   * @param linesOfFile the lines of a file by the name that origins carry; an empty list when the
   *     file cannot be shown
   */
  public DiagnosticPrinter(Function<String, List<String>> linesOfFile) {
    this.linesOfFile = linesOfFile;
  }

  /** All of them, sorted by place, each ending in a newline. */
  public String print(List<Diagnostic> diagnostics) {
    StringBuilder out = new StringBuilder();
    diagnostics.stream().sorted().forEach(d -> out.append(print(d)));
    return out.toString();
  }

  /** One diagnostic; several lines, ending in a newline. */
  public String print(Diagnostic diagnostic) {
    StringBuilder out = new StringBuilder(visible(diagnostic.headline())).append('\n');
    out.append(source(diagnostic.origin()));
    for (String detail : diagnostic.details()) {
      out.append("  ").append(visible(detail)).append('\n');
    }
    if (!diagnostic.hint().isEmpty()) {
      out.append("  hint: ").append(visible(Diagnostic.clip(diagnostic.hint()))).append('\n');
    }
    return out.toString();
  }

  /** The line with a caret below; two lines, or none when the place is not known. */
  public String source(Origin origin) {
    if (!origin.isKnown()) {
      return "";
    }
    List<String> lines = linesOfFile.apply(origin.file());
    if (origin.line() > lines.size()) {
      return "";
    }
    StringBuilder out = new StringBuilder();
    SourceRange range = SourceRange.of(origin);
    int[] line = visible(lines.get(origin.line() - 1)).codePoints().toArray();
    int start = Math.min(range.column() - 1, line.length);
    int end = Math.min(line.length, start + range.length());
    int from = start < WIDEST_LINE / 2 ? 0 : start - WIDEST_LINE / 4;
    int to = Math.min(line.length, from + WIDEST_LINE);
    String before = (from > 0 ? "..." : "") + new String(line, from, start - from);
    String marked = new String(line, start, Math.max(0, Math.min(end, to) - start));
    String shown = new String(line, from, to - from) + (to < line.length ? "..." : "");
    String number = Integer.toString(origin.line());
    out.append(" ".repeat(Math.max(0, 5 - number.length()))).append(number).append(" | ");
    out.append(from > 0 ? "..." : "").append(shown).append('\n');
    out.append("      | ").append(" ".repeat(TextWidth.of(before)));
    return out.append("^".repeat(Math.max(1, TextWidth.of(marked)))).append('\n').toString();
  }

  private static boolean isPlain(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < ' ' || text.charAt(i) > '~') {
        return false;
      }
    }
    return true;
  }

  /** The text with every control character (tab included) replaced one for one. */
  public static String visible(String text) {
    if (isPlain(text)) {
      return text;
    }
    int[] shown = text.codePoints().map(DiagnosticPrinter::visible).toArray();
    return new String(shown, 0, shown.length);
  }

  private static int visible(int codePoint) {
    if (codePoint == '\t') {
      return ' ';
    }
    boolean control =
        switch (Character.getType(codePoint)) {
          case Character.CONTROL,
              Character.FORMAT,
              Character.SURROGATE,
              Character.LINE_SEPARATOR,
              Character.PARAGRAPH_SEPARATOR ->
              true;
          default -> false;
        };
    return control ? '\uFFFD' : codePoint;
  }
}
