package jstack.cli;

import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;

/** The values of {@code --format}. */
final class Formats {
  private Formats() {}

  /** True for json, false for the text of the verb, an error for anything else. */
  static boolean isJson(String format) {
    return switch (format) {
      case "json" -> true;
      case "text", "table" -> false;
      default ->
          throw new DiagnosticException(
              Failure.USAGE,
              Diagnostic.error(Origin.NONE, "usage", "no format " + format)
                  .withHint("text, table and json are there"));
    };
  }
}
