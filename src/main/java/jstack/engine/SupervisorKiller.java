package jstack.engine;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import jstack.linux.CrashPoint;
import jstack.linux.SmallFile;
import jstack.state.ContainerId;
import jstack.state.ProcessTable;
import jstack.state.StateLayout;
import jstack.state.Status;

/**
 * Ends a supervisor that nobody can ask any more: it stands still, or its socket was removed. Its
 * container does not notice, and a dead supervisor can be replaced.
 */
final class SupervisorKiller {
  private static final long PATIENCE_NANOS = 2_000_000_000L;
  private static final long PAUSE_NANOS = 1_000_000L;

  private final StateLayout layout;
  private final ProcessTable processes = new ProcessTable(Path.of("/proc"));

  SupervisorKiller(StateLayout layout) {
    this.layout = layout;
  }

  /** Returns when it is dead; at once when it was. */
  void kill(ContainerId id) {
    String text = SmallFile.text(layout.status(id).toString(), StandardCharsets.UTF_8);
    Optional<Status> noted = Status.parse(text);
    if (noted.isEmpty() || !lives(noted.get())) {
      return;
    }
    CrashPoint.at("kill a supervisor");
    ProcessHandle.of(noted.get().supervisorPid()).ifPresent(ProcessHandle::destroyForcibly);
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (lives(noted.get()) && System.nanoTime() < deadline) {
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  private boolean lives(Status status) {
    return processes.lives(status.bootId(), status.supervisorPid(), status.supervisorStartTime());
  }
}
