package jstack.diag;

import java.util.List;

/** User mistakes and failures of the machine, all of them at once; never a bug of jstack. */
public final class DiagnosticException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Failure failure;
  private final transient List<Diagnostic> diagnostics;

  public DiagnosticException(Failure failure, List<Diagnostic> diagnostics) {
    super(diagnostics.isEmpty() ? failure.name() : diagnostics.get(0).headline());
    this.failure = failure;
    this.diagnostics = List.copyOf(diagnostics);
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

  public List<Diagnostic> diagnostics() {
    return diagnostics;
  }
}
