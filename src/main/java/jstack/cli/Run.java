package jstack.cli;

import java.util.List;
import jstack.diag.Diagnostic;
import jstack.manifest.Expect;
import jstack.manifest.Service;
import jstack.state.ContainerId;
import jstack.state.Receipt;
import org.jspecify.annotations.Nullable;

/**
 * One run that is over, as reports show it.
 *
 * @param isLast whether the container has not run again since
 * @param expect what its service says of how it should be
 * @param failures what it did not hold of that
 */
record Run(
    ContainerId id, Receipt receipt, boolean isLast, Expect expect, List<Diagnostic> failures) {
  Run {
    failures = List.copyOf(failures);
  }

  boolean expects() {
    return !expect.equals(Expect.NONE);
  }

  /**
   * Holds a receipt against its service.
   *
   * @param service null when the manifest does not know it any more
   */
  static Run of(ContainerId id, Receipt receipt, boolean isLast, @Nullable Service service) {
    return service == null
        ? new Run(id, receipt, isLast, Expect.NONE, List.of())
        : new Run(
            id, receipt, isLast, service.expect(), Budgets.failures(service, id.name(), receipt));
  }

  /** The last words of the keys that were not held. */
  List<String> failedKeys() {
    return failures.stream().map(Run::key).toList();
  }

  static String key(Diagnostic failure) {
    String path = failure.origin().keyPath();
    return path.substring(path.lastIndexOf('.') + 1);
  }
}
