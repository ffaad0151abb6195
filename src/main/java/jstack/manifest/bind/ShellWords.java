package jstack.manifest.bind;

import java.util.ArrayList;
import java.util.List;

/**
 * Splits a command that was written as one string into words, as a shell would: blanks, single and
 * double quotes, backslashes. Nothing else of a shell happens; no variable, pipe or pattern.
 */
final class ShellWords {
  private ShellWords() {}

  /** Throws IllegalArgumentException with a message for the user. */
  static List<String> split(String text) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    boolean inWord = false;
    char quote = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quote == 0 && isBlank(c)) {
        if (inWord) {
          words.add(word.toString());
          word.setLength(0);
          inWord = false;
        }
        continue;
      }
      if (quote == 0 && c == '\\' && text.startsWith("\n", i + 1)) {
        i++;
        continue;
      }
      inWord = true;
      if (c == quote) {
        quote = 0;
      } else if (quote == 0 && (c == '\'' || c == '"')) {
        quote = c;
      } else if (c == '\\' && quote != '\'') {
        if (i + 1 == text.length()) {
          throw new IllegalArgumentException("ends in a backslash");
        }
        char next = text.charAt(++i);
        boolean kept = quote == '"' && next != '"' && next != '\\' && next != '$' && next != '`';
        if (kept) {
          word.append('\\');
        }
        if (next != '\n' || kept) {
          word.append(next);
        }
      } else {
        word.append(c);
      }
    }
    if (quote != 0) {
      throw new IllegalArgumentException("a " + quote + " is never closed");
    }
    if (inWord) {
      words.add(word.toString());
    }
    return words;
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
  }
}
