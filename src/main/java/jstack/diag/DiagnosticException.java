package jstack.diag;

import java.util.List;

/** User mistakes and failures of the machine, all of them at once; never a bug of jstack. */
public final class DiagnosticException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Failure failure;
  private final transient List<Diagnostic> diagnostics;
  private final int more;

  public DiagnosticException(Failure failure, List<Diagnostic> diagnostics) {
    this(failure, diagnostics, 0);
  }

  /**
   * More errors than anybody reads at once.
   *
   * @param more how many are not among the diagnostics
   */
  public DiagnosticException(Failure failure, List<Diagnostic> diagnostics, int more) {
    super(diagnostics.isEmpty() ? failure.name() : diagnostics.get(0).headline());
    this.failure = failure;
    this.diagnostics = List.copyOf(diagnostics);
    this.more = more;
  }

  public DiagnosticException(Failure failure, Diagnostic diagnostic) {
    this(failure, List.of(diagnostic));
  }

  /** A failure of this machine that no line of the manifest asked for. */
  public static DiagnosticException operation(String code, String message, String hint) {
    return new DiagnosticException(
        Failure.OPERATION, Diagnostic.error(Origin.NONE, code, message).withHint(hint));
  }

  public Failure failure() {
    return failure;
  }

  /** How many errors there are, those that are not shown included. */
  public int errors() {
    return more + (int) diagnostics.stream().filter(Diagnostic::isError).count();
  }

  public List<Diagnostic> diagnostics() {
    return diagnostics;
  }
}
