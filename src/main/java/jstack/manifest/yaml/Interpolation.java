package jstack.manifest.yaml;

import java.util.Map;
import jstack.diag.Suggestion;
import org.jspecify.annotations.Nullable;

/**
 * Puts variables into one text, in Compose's words: {@code $V ${V} ${V:-default} ${V-default}
 * ${V:?message} ${V?message} ${V:+other} ${V+other}} and {@code $$} for a dollar sign. The colon
 * makes an empty variable count as unset. Defaults may hold variables themselves.
 *
 * <p>Stricter than Compose: a variable that is not set and has no default is an error.
 */
public final class Interpolation {
  private static final int MAX_DEPTH = 20;
  private static final int MAX_LENGTH = YamlReader.MAX_BYTES;

  private final String text;
  private final Map<String, String> variables;
  private int at;

  private Interpolation(String text, Map<String, String> variables) {
    this.text = text;
    this.variables = variables;
  }

  /** What cannot be expanded, and where in the text it begins (an index of chars). */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;
    private final int index;
    private final String code;
    private final String hint;

    Refused(int index, String code, String message, String hint) {
      super(message, null, false, false);
      this.index = index;
      this.code = code;
      this.hint = hint;
    }

    int index() {
      return index;
    }

    String code() {
      return code;
    }

    String message() {
      return String.valueOf(getMessage());
    }

    String hint() {
      return hint;
    }
  }

  static String expand(String text, Map<String, String> variables) throws Refused {
    if (text.indexOf('$') < 0) {
      return text;
    }
    return new Interpolation(text, variables).run(0, true);
  }

  /** The inverse for a text that shall stay as it is. */
  public static String escape(String text) {
    return text.replace("$", "$$");
  }

  /**
   * Up to the end of the text, or to the closing brace when nested.
   *
   * @param live false in a branch that is not taken, where an unset variable is no mistake
   */
  private String run(int depth, boolean live) throws Refused {
    StringBuilder out = new StringBuilder();
    while (at < text.length() && !(depth > 0 && text.charAt(at) == '}')) {
      char c = text.charAt(at);
      if (c == '$') {
        out.append(dollar(depth, live));
      } else {
        out.append(c);
        at++;
      }
      if (out.length() > MAX_LENGTH) {
        throw new Refused(0, "value-too-long", "grows beyond 1 MiB", "");
      }
    }
    return out.toString();
  }

  private String dollar(int depth, boolean live) throws Refused {
    int start = at++;
    char next = at < text.length() ? text.charAt(at) : ' ';
    if (next == '$') {
      at++;
      return "$";
    }
    if (next == '{') {
      at++;
      return braces(start, depth, live);
    }
    String name = name();
    if (name.isEmpty()) {
      throw new Refused(start, "lone-dollar", "a lone $", "write $$ for a dollar sign");
    }
    return value(name, start, live);
  }

  private String braces(int start, int depth, boolean live) throws Refused {
    if (depth >= MAX_DEPTH) {
      throw new Refused(start, "interpolation", "more than " + MAX_DEPTH + " nested defaults", "");
    }
    String name = name();
    if (name.isEmpty()) {
      throw new Refused(
          start,
          at < text.length() ? "interpolation" : "unclosed-brace",
          at < text.length() ? "${ is not followed by a variable's name" : "${ is never closed",
          "write $$ for a dollar sign");
    }
    boolean colon = peek(':');
    at += colon ? 1 : 0;
    char operator = at < text.length() ? text.charAt(at) : ' ';
    if (operator == '}' && !colon) {
      at++;
      return value(name, start, live);
    }
    if (operator != '-' && operator != '?' && operator != '+') {
      if (at >= text.length()) {
        throw unclosed(start);
      }
      throw new Refused(
          start,
          "interpolation",
          "after the name in ${" + name + "...} comes one of } :- - :? ? :+ +",
          "write $$ for a dollar sign");
    }
    at++;
    String set = variables.get(name);
    boolean there = set != null && !(colon && set.isEmpty());
    String word = run(depth + 1, live && (operator == '+' ? there : !there));
    if (!peek('}')) {
      throw unclosed(start);
    }
    at++;
    return choose(operator, there ? set : null, word, name, start, live);
  }

  private static String choose(
      char operator, @Nullable String set, String word, String name, int start, boolean live)
      throws Refused {
    if (operator == '+') {
      return set == null ? "" : word;
    }
    if (set != null) {
      return set;
    }
    if (operator == '?' && live) {
      String message = word.isEmpty() ? "variable " + name + " is required" : name + ": " + word;
      throw new Refused(start, "unset-variable", message, "");
    }
    return word;
  }

  private String value(String name, int start, boolean live) throws Refused {
    String value = variables.get(name);
    if (value == null && live) {
      throw new Refused(
          start,
          "unset-variable",
          "variable " + name + " is not set" + Suggestion.among(name, variables.keySet()),
          "set it, or write ${" + name + ":-default}; $$ is a dollar sign");
    }
    return value == null ? "" : value;
  }

  private Refused unclosed(int start) {
    return new Refused(start, "unclosed-brace", "${ is never closed", "");
  }

  private boolean peek(char c) {
    return at < text.length() && text.charAt(at) == c;
  }

  private String name() {
    int start = at;
    while (at < text.length() && isNamePart(text.charAt(at), at > start)) {
      at++;
    }
    return text.substring(start, at);
  }

  static boolean isNamePart(char c, boolean digitAllowed) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || c == '_'
        || (digitAllowed && c >= '0' && c <= '9');
  }
}
