package jstack.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import jstack.diag.Diagnostic;
import jstack.manifest.ByteSize;
import jstack.manifest.Expect;
import jstack.manifest.Service;
import jstack.state.Receipt;
import jstack.state.Status;
import org.jspecify.annotations.Nullable;

/**
 * Holds a run's receipt against the {@code expect} of its service. What this kernel does not count,
 * or nobody lived to see, is not held either: no budget passes unseen.
 */
final class Budgets {
  private final Service service;
  private final String container;
  private final List<Diagnostic> failures = new ArrayList<>();

  private Budgets(Service service, String container) {
    this.service = service;
    this.container = container;
  }

  /**
   * What a run did not hold, each at its line; none when all is well.
   *
   * @param receipt null when there is none
   */
  static List<Diagnostic> failures(Service service, String container, @Nullable Receipt receipt) {
    Budgets budgets = new Budgets(service, container);
    if (receipt != null) {
      budgets.check(service.expect(), receipt);
    } else if (!service.expect().equals(Expect.NONE)) {
      budgets.fail("", "nobody lived to write the receipt of " + container);
    }
    return budgets.failures;
  }

  private void check(Expect expect, Receipt receipt) {
    Integer exitCode = expect.exitCode();
    // Whoever was checkpointed goes on: its last run will have a code.
    boolean over = !receipt.endedBy().equals(Status.CHECKPOINT);
    if (exitCode != null && over && receipt.exitCode() != exitCode) {
      String was =
          receipt.exitCode() == Receipt.UNKNOWN
              ? " ended with a code that nobody saw"
              : " exited with code " + receipt.exitCode() + OutOfMemory.of(receipt);
      fail(".exit_code", container + was + "; expected is " + exitCode);
    }
    ByteSize peak = expect.memoryPeak();
    long used = receipt.memory().peak();
    if (peak != null && (used == Receipt.UNKNOWN || used > peak.bytes())) {
      String text = used == Receipt.UNKNOWN ? "" : new ByteSize(used).toString();
      over(".memory_peak", text, "of memory", peak.toString());
    }
    time(".cpu_time", receipt.cpu().total(), "of CPU time", expect.cpuTime());
    time(".wall", receipt.wall(), "from start to end", expect.wall());
  }

  private void time(String key, long used, String what, @Nullable Duration most) {
    if (most != null && (used == Receipt.UNKNOWN || used > most.toNanos())) {
      String text = used == Receipt.UNKNOWN ? "" : Durations.seconds(used);
      over(key, text, what, Durations.seconds(most.toNanos()));
    }
  }

  private void over(String key, String used, String what, String most) {
    fail(
        key,
        used.isEmpty()
            ? "nobody counted what " + container + " took " + what
            : container + " took " + used + " " + what + ", more than " + most);
  }

  private void fail(String key, String message) {
    failures.add(Diagnostic.error(service.at("expect" + key), "budget", message));
  }
}
