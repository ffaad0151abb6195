package jstack.cli;

import jstack.state.ObservedContainer;
import jstack.state.Status;

/** Says of a container that ended that the kernel killed in it to keep its memory limit. */
final class OutOfMemory {
  private OutOfMemory() {}

  /** To stand behind how it ended; empty for all others. */
  static String of(ObservedContainer container) {
    return container
        .status()
        .map(Status::memory)
        .filter(memory -> memory.oomKills() > 0)
        .map(OutOfMemory::text)
        .orElse("");
  }

  private static String text(Status.Memory memory) {
    String limit = memory.limit() > 0 ? "limit " + Sizes.roughly(memory.limit()) + ", " : "";
    return ", out of memory (" + limit + "peak " + Sizes.roughly(memory.peak()) + ")";
  }
}
