package jstack.diag;

import java.util.regex.Pattern;

/**
 * Lines of a manifest that only say where secrets are: their names, files and variables may be
 * shown, or nobody could mend them. Whatever else stands under such a key may be a secret itself,
 * and so may a variable that is not in capitals.
 */
final class SecretLines {
  private static final String NAME = "[A-Za-z0-9_.-]++";
  private static final String PLACE =
      "(?:(?:file|external)\\s*+:[^,{}]*+|environment\\s*+:\\s*+[A-Z0-9_]*+\\s*+)";
  private static final String SOURCE = NAME + "\\s*+:\\s*+\\{\\s*+" + PLACE + "\\}";

  /** {@code secrets:} alone, with names, or with places. */
  private static final Pattern KEY =
      Pattern.compile(
          "\\s*+secrets:\\s*+(?:\\[[^\"'\\]]*+\\]|\\{(?:\\s*+"
              + SOURCE
              + "\\s*+,?)*+\\s*+\\})?\\s*+");

  private static final Pattern INSIDE =
      Pattern.compile(
          "\\s*+(?:-\\s++)?+(?:"
              + SOURCE
              + "|"
              + PLACE
              + "|(?:source|target|uid|gid|mode)\\s*+:[^{}]*+|\\{\\s*+source\\s*+:[^{}]*+\\}|"
              + NAME
              + "\\s*+:?+)\\s*+");

  private SecretLines() {}

  /** Whether a line begins a list of secrets, or is all of one. */
  static boolean isKey(String line) {
    return KEY.matcher(line).matches();
  }

  /** Whether a line below such a key names a secret, or says where it is. */
  static boolean isPlace(String line) {
    return INSIDE.matcher(line).matches();
  }
}
