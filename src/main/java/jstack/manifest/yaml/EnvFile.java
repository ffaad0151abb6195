package jstack.manifest.yaml;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Origin;
import jstack.diag.Problems;
import jstack.diag.SourceTexts;

/**
 * Reads {@code .env} and env_file files: {@code NAME=value} lines with {@code export}, comments,
 * single quotes (as it stands), double quotes (escapes, several lines) and variables that the
 * caller or an earlier line has set.
 */
public final class EnvFile {
  private final String file;
  private final String text;
  private final Map<String, String> known;
  private final Problems problems;
  private final Map<String, String> result = new LinkedHashMap<>();
  private int at;

  private EnvFile(String text, String file, Map<String, String> outer, Problems problems) {
    this.file = file;
    this.text = text;
    this.known = Variables.like(outer);
    known.putAll(outer);
    this.problems = problems;
  }

  /** Later lines win over earlier ones; {@code outer} wins over both inside {@code ${...}}. */
  public static Map<String, String> parse(
      String text, String file, Map<String, String> outer, Problems problems) {
    EnvFile reader = new EnvFile(text, file, outer, problems);
    while (reader.at < text.length()) {
      reader.line(outer);
    }
    return reader.result;
  }

  private void line(Map<String, String> outer) {
    skipBlanks();
    int start = at;
    if (end() || text.charAt(at) == '#') {
      skipLine();
      return;
    }
    if (text.startsWith("export", at) && at + 6 < text.length() && isBlank(text.charAt(at + 6))) {
      at += 6;
      skipBlanks();
    }
    int nameStart = at;
    while (!end() && text.charAt(at) != '=') {
      at++;
    }
    String name = text.substring(nameStart, at).strip();
    if (end()) {
      error(start, at, "env-line", "no = in this line", "write NAME=value");
      skipLine();
      return;
    }
    at++;
    skipBlanks();
    int valueStart = at;
    String value = value();
    skipLine();
    if (!isName(name)) {
      String hint = "letters, digits, _ . and -, not beginning with a digit";
      error(nameStart, valueStart - 1, "env-name", "not a variable's name: " + name, hint);
      return;
    }
    result.put(name, value);
    if (!outer.containsKey(name)) {
      known.put(name, value);
    }
  }

  private String value() {
    if (end()) {
      return "";
    }
    char quote = text.charAt(at);
    if (quote == '\'' || quote == '"') {
      return quoted(quote);
    }
    int start = at;
    int stop = at;
    while (!end() && !(text.charAt(at) == '#' && isBlank(text.charAt(at - 1)))) {
      at++;
      stop = isBlank(text.charAt(at - 1)) ? stop : at;
    }
    return expand(text.substring(start, stop), start);
  }

  private String quoted(char quote) {
    int start = at++;
    StringBuilder out = new StringBuilder();
    while (at < text.length() && text.charAt(at) != quote) {
      char c = text.charAt(at++);
      if (quote == '"' && c == '\\' && at < text.length()) {
        out.append(unescape(text.charAt(at++)));
      } else {
        out.append(c);
      }
    }
    if (at >= text.length()) {
      error(start, start + 1, "env-line", "this quote is never closed", "");
      return "";
    }
    at++;
    skipBlanks();
    if (!end() && text.charAt(at) != '#') {
      error(at, at + 1, "env-line", "unexpected text behind the closing quote", "");
    }
    return quote == '"' ? expand(out.toString(), start) : out.toString();
  }

  private static String unescape(char c) {
    return switch (c) {
      case 'n' -> "\n";
      case 'r' -> "\r";
      case 't' -> "\t";
      case '$' -> "$$";
      case '"', '\\' -> String.valueOf(c);
      default -> "\\" + c;
    };
  }

  private String expand(String value, int start) {
    try {
      return Interpolation.expand(value, known);
    } catch (Interpolation.Refused e) {
      String hint = e.hint().isEmpty() ? "single quotes keep a $ as it is" : e.hint();
      error(start, at, e.code(), e.message(), hint);
      return "";
    }
  }

  private static boolean isName(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (!Interpolation.isNamePart(c, i > 0) && !(i > 0 && (c == '.' || c == '-'))) {
        return false;
      }
    }
    return !name.isEmpty();
  }

  private boolean end() {
    return at >= text.length() || text.charAt(at) == '\n' || text.charAt(at) == '\r';
  }

  private void skipBlanks() {
    while (!end() && isBlank(text.charAt(at))) {
      at++;
    }
  }

  private void skipLine() {
    while (!end()) {
      at++;
    }
    at++;
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }

  private void error(int from, int to, String code, String message, String hint) {
    List<String> before = SourceTexts.split(text.substring(0, from));
    String last = before.get(before.size() - 1);
    int column = last.codePointCount(0, last.length()) + 1;
    int length = Math.max(1, text.codePointCount(from, Math.min(to, text.length())));
    problems.error(new Origin(file, before.size(), column, length, ""), code, message, hint);
  }
}
