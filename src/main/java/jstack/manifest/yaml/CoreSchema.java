package jstack.manifest.yaml;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * What an unquoted scalar is in YAML 1.2's core schema: {@code no} and {@code 22:22} are strings,
 * and numbers are decimal; {@code 0755} is a string here, since readers disagree about it.
 */
public enum CoreSchema {
  NULL("nothing"),
  BOOLEAN("a boolean"),
  INTEGER("a number"),
  FLOAT("a number"),
  STRING("a string");

  private final String words;

  CoreSchema(String words) {
    this.words = words;
  }

  public static CoreSchema of(String text) {
    return switch (text) {
      case "", "~", "null", "Null", "NULL" -> NULL;
      case "true", "True", "TRUE", "false", "False", "FALSE" -> BOOLEAN;
      default -> number(text);
    };
  }

  private static CoreSchema number(String text) {
    int i = text.charAt(0) == '-' || text.charAt(0) == '+' ? 1 : 0;
    int digits = digits(text, i);
    if (digits > 1 && text.charAt(i) == '0') {
      return STRING;
    }
    i += digits;
    if (i == text.length()) {
      return digits > 0 ? INTEGER : STRING;
    }
    if (text.charAt(i) == '.') {
      int fraction = digits(text, i + 1);
      digits += fraction;
      i += 1 + fraction;
    }
    if (digits > 0 && i < text.length() && (text.charAt(i) == 'e' || text.charAt(i) == 'E')) {
      i++;
      if (i < text.length() && (text.charAt(i) == '-' || text.charAt(i) == '+')) {
        i++;
      }
      int exponent = digits(text, i);
      i = exponent > 0 ? i + exponent : -1;
    }
    return digits > 0 && i == text.length() ? FLOAT : STRING;
  }

  /** Null for what is no number, or one that nobody can mean: 1e99999999999 has no BigDecimal. */
  public static @Nullable BigDecimal decimal(String text) {
    CoreSchema kind = of(text);
    if ((kind != INTEGER && kind != FLOAT) || text.length() > 20) {
      return null;
    }
    int exponent = Math.max(text.indexOf('e'), text.indexOf('E'));
    return exponent >= 0 && text.length() - exponent > 5 ? null : new BigDecimal(text);
  }

  private static int digits(String text, int from) {
    int i = from;
    while (i < text.length() && text.charAt(i) >= '0' && text.charAt(i) <= '9') {
      i++;
    }
    return i - from;
  }

  @Override
  public String toString() {
    return words;
  }
}
