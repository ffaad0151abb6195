package jstack.diag;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The texts that were read in one run, by the names that origins carry, so that a diagnostic shows
 * the lines that were judged and not those of a file that has changed since.
 *
 * <p>Passwords in addresses and the values of keys called secret, password or token are masked one
 * character for one, which keeps carets in place; what a message quotes of them is masked as well.
 */
public final class SourceTexts {
  private static final List<String> SECRET_WORDS = List.of("secret", "password", "passwd", "token");

  /** Shorter ones would be found in every word. */
  private static final int SHORTEST_SECRET = 4;

  private final Map<String, String> texts = new HashMap<>();
  private final Set<String> hidden = new HashSet<>();
  private final Inputs inputs = new Inputs();

  /** Remembers the text of a file; a later text of the same name replaces it. */
  public void put(String file, String text) {
    texts.put(file, text);
  }

  /** What else the run asked of the machine, beside these texts. */
  public Inputs inputs() {
    return inputs;
  }

  /** The names of all files that were read, as origins have them. */
  public Set<String> files() {
    return Set.copyOf(texts.keySet());
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
    return masked(split(text));
  }

  /** A value that no message may quote, such as that of the caller's variable API_TOKEN. */
  public void hide(String value) {
    if (value.length() >= SHORTEST_SECRET) {
      hidden.add(value);
    }
  }

  /** The diagnostic without what is masked in its lines, or hidden anyway. */
  public Diagnostic redact(Diagnostic diagnostic) {
    Set<String> secrets = new TreeSet<>(SourceTexts::longestFirst);
    secrets.addAll(hidden);
    String text = diagnostic.origin().isKnown() ? texts.get(diagnostic.origin().file()) : null;
    if (text != null) {
      addSecretsAround(diagnostic.origin().line() - 1, split(text), secrets);
    }
    if (secrets.isEmpty()) {
      return diagnostic;
    }
    return new Diagnostic(
        diagnostic.severity(),
        diagnostic.origin().withKeyPath(without(secrets, diagnostic.origin().keyPath())),
        diagnostic.code(),
        without(secrets, diagnostic.message()),
        diagnostic.details().stream().map(detail -> without(secrets, detail)).toList(),
        without(secrets, diagnostic.hint()));
  }

  private static int longestFirst(String one, String other) {
    int byLength = Integer.compare(other.length(), one.length());
    return byLength != 0 ? byLength : one.compareTo(other);
  }

  private static String without(Set<String> secrets, String text) {
    String left = text;
    for (String secret : secrets) {
      left = left.replace(secret, "***");
    }
    return left;
  }

  /** The masked words of a line, and of the lines around it that are masked with it. */
  private static void addSecretsAround(int index, List<String> lines, Set<String> into) {
    List<String> shown = masked(lines);
    int first = Math.min(index, lines.size() - 1);
    while (first > 0 && !shown.get(first).equals(lines.get(first))) {
      first--;
    }
    for (int i = first; i < lines.size(); i++) {
      if (i > index && shown.get(i).equals(lines.get(i))) {
        return;
      }
      addSecrets(lines.get(i), shown.get(i), into);
    }
  }

  private static void addSecrets(String line, String shown, Set<String> into) {
    int start = -1;
    for (int i = 0, j = 0; i <= line.length(); j++) {
      int c = i < line.length() ? line.codePointAt(i) : ' ';
      boolean secret = i < line.length() && shown.charAt(j) == '*' && Character.isLetterOrDigit(c);
      if (secret && start < 0) {
        start = i;
      } else if (!secret && start >= 0) {
        if (i - start >= SHORTEST_SECRET) {
          into.add(line.substring(start, i));
        }
        start = -1;
      }
      i += Character.charCount(c);
    }
  }

  /** Splits at the line breaks of YAML 1.1: LF, CRLF, CR, NEL, LS and PS. */
  public static List<String> split(String text) {
    List<String> lines = new ArrayList<>();
    int start = 0;
    if (text.indexOf('\r') < 0 && text.indexOf('\u0085') < 0 && !hasSeparators(text)) {
      for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
        lines.add(text.substring(start, end));
        start = end + 1;
      }
      lines.add(text.substring(start));
      return lines;
    }
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

  private static boolean hasSeparators(String text) {
    return text.indexOf('\u2028') >= 0 || text.indexOf('\u2029') >= 0;
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

  private static List<String> masked(List<String> lines) {
    List<String> shown = new ArrayList<>();
    int column = -1; // of the secret key whose value may go on in the lines below
    boolean places = false; // whether that key is `secrets`, below which places may be shown
    for (String line : lines) {
      int indent = line.length() - line.stripLeading().length();
      boolean item = indent == column && line.startsWith("-", indent);
      if (column >= 0 && (indent > column || item || line.isBlank())) {
        boolean place = places && SecretLines.isPlace(line);
        shown.add(place ? maskUserInfo(line) : stars(line, indent, line.length()));
        continue;
      }
      places = SecretLines.isKey(line);
      if (places) {
        column = indent;
        shown.add(maskUserInfo(line));
        continue;
      }
      String key = line.strip();
      int start = indent;
      while (key.startsWith("- ")) {
        String rest = key.substring(2).stripLeading();
        start += key.length() - rest.length();
        key = rest;
      }
      int colon = key.indexOf(':');
      column = colon > 0 && isSecretName(key.substring(0, colon)) ? start : -1;
      shown.add(mask(line));
    }
    return shown;
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
    boolean named = colon >= 0 && colon < at; // or a token alone
    return at < 0 ? line : stars(line, named ? colon + 1 : from, at);
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
        if (i < line.length() && ":= ".indexOf(line.charAt(i)) >= 0) {
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
