package jstack.diag;

import java.util.List;

/**
 * One thing said to the user: what is wrong, where it was written, and what to do.
 *
 * @param code a stable name for tools and tests, such as {@code unknown-key}
 * @param message what is wrong: lower case, no full stop, no class names
 * @param details further lines, such as the failing step; printed below the source line
 * @param hint what to do about it; empty when there is nothing to say
 */
public record Diagnostic(
    Severity severity,
    Origin origin,
    String code,
    String message,
    List<String> details,
    String hint)
    implements Comparable<Diagnostic> {

  private static final int LONGEST = 1000;
  private static final int BEGIN = 600;
  private static final int END = 200;

  public Diagnostic {
    details = List.copyOf(details);
  }

  public static Diagnostic error(Origin origin, String code, String message) {
    return new Diagnostic(Severity.ERROR, origin, code, message, List.of(), "");
  }

  public static Diagnostic warning(Origin origin, String code, String message) {
    return new Diagnostic(Severity.WARNING, origin, code, message, List.of(), "");
  }

  public Diagnostic withHint(String text) {
    return new Diagnostic(severity, origin, code, message, details, text);
  }

  public Diagnostic withDetails(List<String> lines) {
    return new Diagnostic(severity, origin, code, message, lines, hint);
  }

  public boolean isError() {
    return severity == Severity.ERROR;
  }

  /** The line a user reads first: {@code file:line:col: error: key.path: message}. */
  public String headline() {
    String place = origin.place().isEmpty() ? "" : origin.place() + ": ";
    String key = origin.keyPath().isEmpty() ? "" : origin.keyPath() + ": ";
    return place + severity + ": " + clip(key) + clip(message);
  }

  /** As much of a text as somebody reads: the values in it may be as long as their author likes. */
  public static String clip(String text) {
    return text.length() <= LONGEST ? text : text.substring(0, BEGIN) + "..." + end(text);
  }

  private static String end(String text) {
    return text.substring(text.length() - END);
  }

  @Override
  public int compareTo(Diagnostic other) {
    return origin.compareTo(other.origin);
  }
}
