package jstack.cli;

import java.util.Optional;
import jstack.state.ObservedContainer;
import jstack.state.Receipt;
import jstack.state.RunState;

/** Says of a run that ended that the kernel killed in it for want of memory. */
final class OutOfMemory {
  private OutOfMemory() {}

  /** To stand behind how it ended; empty for all others. */
  static String of(ObservedContainer container) {
    return container.receipt().map(OutOfMemory::of).orElse("");
  }

  /** A line of its own for a container that ended so. */
  static Optional<String> line(ObservedContainer container) {
    String why = of(container);
    String how =
        container.state() == RunState.EXITED
            ? "exited with code " + container.exitCode()
            : container.state().toString();
    return why.isEmpty() ? Optional.empty() : Optional.of(container.id().name() + "  " + how + why);
  }

  static String of(Receipt receipt) {
    String memory = receipt.isOutOfMemory() ? ", " + text(receipt.memory()) : "";
    return switch (receipt.endedBy()) {
      case "timeout" -> memory + ", its timeout was over";
      case "unhealthy" -> memory + ", it was unhealthy";
      case "hook" -> memory + ", a post_start hook failed";
      default -> memory;
    };
  }

  /** The limit is named when it was in the way, and not that of the stack or of the machine. */
  private static String text(Receipt.Memory memory) {
    String limit =
        memory.limitHit() && memory.limit() != Receipt.UNKNOWN
            ? "limit " + Sizes.roughly(memory.limit()) + ", "
            : "";
    String peak = memory.peak() == Receipt.UNKNOWN ? "?" : Sizes.roughly(memory.peak());
    return "out of memory (" + limit + "peak " + peak + ")";
  }
}
