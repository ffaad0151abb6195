package jstack.diag;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The texts that were read in one run, by the names that origins carry, so that a diagnostic shows
 * the lines that were judged and not those of a file that has changed since.
 *
 * <p>Passwords in addresses and the values of keys called secret, password or token are masked one
 * character for one, which keeps carets in place.
 */
public final class SourceTexts {
  private static final List<String> SECRET_WORDS = List.of("secret", "password", "passwd", "token");

  private final Map<String, String> texts = new HashMap<>();

  /** Remembers the text of a file; a later text of the same name replaces it. */
  public void put(String file, String text) {
    texts.put(file, text);
  }

  /** The text of a file as it was read; empty if unknown. */
  public String textOf(String file) {
    return texts.getOrDefault(file, "");
  }

  /** The lines of a file as they may be shown, for {@link DiagnosticPrinter}; empty if unknown. */
  public List<String> linesOf(String file) {
    String text = texts.get(file);
    if (text == null) {
      return List.of();
    }
    List<String> shown = new ArrayList<>();
    for (String line : split(text)) {
      shown.add(mask(line));
    }
    return shown;
  }

  /** Splits at the line breaks of YAML 1.1: LF, CRLF, CR, NEL, LS and PS. */
  public static List<String> split(String text) {
    List<String> lines = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\n' || c == '\r' || c == '\u0085' || c == '\u2028' || c == '\u2029') {
        lines.add(text.substring(start, i));
        if (c == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n') {
          i++;
        }
        start = i + 1;
      }
    }
    lines.add(text.substring(start));
    return lines;
  }

  /** Whether the value of a key of this name should not be shown. */
  public static boolean isSecretName(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    for (String word : SECRET_WORDS) {
      if (lower.contains(word)) {
        return true;
      }
    }
    return false;
  }

  private static String mask(String line) {
    return maskSecretValue(maskUserInfo(line));
  }

  private static String maskUserInfo(String line) {
    int scheme = line.indexOf("://");
    if (scheme < 0) {
      return line;
    }
    int from = scheme + 3;
    int at = -1;
    for (int i = from; i < line.length() && "/ \t\"'?#".indexOf(line.charAt(i)) < 0; i++) {
      if (line.charAt(i) == '@') {
        at = i;
      }
    }
    int colon = line.indexOf(':', from);
    return at < 0 || colon < 0 || colon > at ? line : stars(line, colon + 1, at);
  }

  private static String maskSecretValue(String line) {
    String lower = line.toLowerCase(Locale.ROOT);
    for (String word : SECRET_WORDS) {
      int found = lower.indexOf(word);
      if (found >= 0 && lower.length() == line.length()) {
        int i = found + word.length();
        while (i < line.length() && (isNameCharacter(line.charAt(i)) || line.charAt(i) == '"')) {
          i++;
        }
        if (i < line.length() && (line.charAt(i) == ':' || line.charAt(i) == '=')) {
          return stars(line, i + 1, line.length());
        }
      }
    }
    return line;
  }

  private static boolean isNameCharacter(char c) {
    return Character.isLetterOrDigit(c) || c == '_' || c == '-' || c == '.';
  }

  private static String stars(String line, int from, int to) {
    StringBuilder out = new StringBuilder(line.substring(0, from));
    line.substring(from, to).codePoints().forEach(c -> out.append(c == ' ' ? ' ' : '*'));
    return out.append(line, to, line.length()).toString();
  }
}
