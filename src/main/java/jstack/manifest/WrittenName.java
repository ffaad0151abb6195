package jstack.manifest;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The project's name as a manifest plainly writes it, without the whole being parsed: for verbs
 * that look at what runs and have a record to hold it against.
 */
public final class WrittenName {
  private static final String KEY = "name:";

  private WrittenName() {}

  /**
   * The name that a manifest gives, or its folder's.
   *
   * @param text of a manifest that may have been edited and be wrong
   * @param file where it lies
   * @return empty when only a parser can tell
   */
  public static Optional<String> of(String text, Path file) {
    String name = null;
    int end;
    for (int at = 0; at < text.length(); at = end + 1) {
      int newline = text.indexOf('\n', at);
      end = newline < 0 ? text.length() : newline;
      if (text.startsWith(KEY, at)) {
        if (name != null) {
          return Optional.empty();
        }
        name = scalar(text.substring(at + KEY.length(), end));
        boolean goesOn = text.startsWith("\n ", end);
        if (goesOn || !Names.projectMistake(name).isEmpty()) {
          return Optional.empty();
        }
      } else if (!isPlain(text.charAt(at))) { // a file that is included has no say in it
        return Optional.empty();
      }
    }
    return Optional.ofNullable(name).or(() -> folder(file));
  }

  /** How a line begins that holds a key of the top level in its plainest form, or none. */
  private static boolean isPlain(char first) {
    return first == ' '
        || first == '\n'
        || first == '\r'
        || first == '#'
        || first == '-'
        || (first >= 'a' && first <= 'z');
  }

  /** What is left without a comment and quotes. */
  private static String scalar(String rest) {
    int comment = rest.indexOf(" #");
    String value = (comment < 0 ? rest : rest.substring(0, comment)).strip();
    boolean quoted =
        value.length() > 1
            && (value.charAt(0) == '"' || value.charAt(0) == '\'')
            && value.charAt(value.length() - 1) == value.charAt(0);
    return quoted ? value.substring(1, value.length() - 1) : value;
  }

  private static Optional<String> folder(Path file) {
    Path folder = file.getParent();
    Path last = folder == null ? null : folder.getFileName();
    return Optional.ofNullable(last)
        .map(path -> Names.projectOf(path.toString()))
        .filter(name -> !name.isEmpty());
  }
}
