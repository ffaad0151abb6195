package jstack.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import jstack.state.ContainerId;
import jstack.state.Observed;
import jstack.state.StateLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PastEventsTest {
  private static final ContainerId WEB = ContainerId.of("demo", "web", 1);

  @TempDir Path folder;

  private static StateChanges.Event event(long at, String what, long pid, int code) {
    return new StateChanges.Event(Instant.ofEpochSecond(0, at), WEB, what, pid, code);
  }

  @Test
  void aCheckpointAndItsRestoreAreTold() throws Exception {
    StateLayout layout = new StateLayout(folder.resolve("run"), folder.resolve("home"));
    Files.createDirectories(layout.container(WEB));
    Files.writeString(
        layout.receipt(WEB, 10), "version=1\nstarted_at=10\nfinished_at=20\nended_by=checkpoint\n");
    Files.writeString(
        layout.receipt(WEB, 30),
        "version=1\nstarted_at=30\nfinished_at=40\nexit_code=7\nrestored=1\n");
    Files.writeString(
        layout.status(WEB),
        """
        version=1
        state=exited
        pid=7
        started_at=50
        finished_at=60
        ended_by=checkpoint
        restored=1
        """);
    List<StateChanges.Event> told =
        List.of(
            event(10, "started", 0, -1),
            event(20, "checkpointed", 0, -1),
            event(30, "restored", 0, -1),
            event(40, "exited", 0, 7),
            event(50, "restored", 7, -1),
            event(60, "checkpointed", 0, -1));
    assertThat(PastEvents.onRecord(layout, WEB)).isEqualTo(told);
    // Of a container that is gone the journal tells the same, but for the process that was.
    RunDirectory directories = new RunDirectory(layout);
    directories.remove(WEB);
    assertThat(PastEvents.of(layout, new Observed("demo", List.of()), Instant.now()))
        .extracting(StateChanges.Event::what)
        .containsExactly(
            "started", "checkpointed", "restored", "exited", "restored", "checkpointed", "removed");
  }
}
