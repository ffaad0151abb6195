package jstack.cli;

import jstack.diag.Failure;

/** The exit codes of jstack: documented, and stable. */
final class ExitCode {
  static final int DONE = 0;
  static final int FAILED = 1;

  /** {@code plan --exit-code}: something would change. */
  static final int CHANGES = 2;

  /** A run did not hold what its service expects. */
  static final int BUDGET = 2;

  static final int USAGE = 64;
  static final int TIMEOUT = 124;

  /** Of the verbs that give a command's own code: it was jstack that failed. */
  static final int COULD_NOT_RUN = 125;

  static final int CANCELLED = 130;

  private ExitCode() {}

  static int of(Failure failure) {
    return switch (failure) {
      case OPERATION -> FAILED;
      case USAGE -> USAGE;
      case MANIFEST -> 65;
      case NO_MANIFEST -> 66;
      case HOST -> 69;
      case LOCKED -> 75;
      case TIMEOUT -> TIMEOUT;
      case COULD_NOT_RUN -> COULD_NOT_RUN;
      case CANNOT_INVOKE -> 126;
      case COMMAND_NOT_FOUND -> 127;
      case CANCELLED -> CANCELLED;
    };
  }
}
