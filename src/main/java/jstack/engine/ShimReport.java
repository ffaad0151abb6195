package jstack.engine;

import jstack.diag.Diagnostic;
import jstack.program.FailureText;
import jstack.program.Program;
import jstack.state.ContainerId;
import jstack.state.FailureRecord;

/** What the helper recorded of a failure, in words for the user and with the manifest's line. */
final class ShimReport {
  private ShimReport() {}

  static Diagnostic diagnostic(ContainerId id, Program program, FailureRecord record) {
    return FailureText.diagnostic(id.name(), program, record.step(), record.errno(), record.call());
  }
}
