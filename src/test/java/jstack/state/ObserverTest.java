package jstack.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Notes of a supervisor, held against a machine of files. */
class ObserverTest {
  private static final String STATUS =
      """
      version=1
      state=%s
      boot_id=b
      supervisor_pid=7
      supervisor_start=70
      pid=8
      start=80
      exit_code=3
      restarts=%d
      """;

  @TempDir private @Nullable Path folder;

  private boolean socket = true;

  private RunState stateOf(String noted, int restarts, int... alive) throws IOException {
    Path here = Files.createTempDirectory(Objects.requireNonNull(folder), "machine");
    Path proc = here.resolve("proc");
    Path boot = Files.createDirectories(proc.resolve("sys/kernel/random")).resolve("boot_id");
    Files.writeString(boot, "b\n");
    for (int pid : alive) {
      String fields = "S" + " 0".repeat(18) + " " + pid * 10 + " 0".repeat(30);
      Path stat = Files.createDirectories(proc.resolve("" + pid)).resolve("stat");
      Files.writeString(stat, pid + " (jstack-shim) " + fields + "\n", StandardCharsets.US_ASCII);
    }
    StateLayout layout = new StateLayout(here.resolve("run"), here.resolve("home"));
    ContainerId id = ContainerId.of("demo", "web", 1);
    Files.createDirectories(layout.container(id));
    Files.writeString(layout.status(id), STATUS.formatted(noted, restarts));
    if (socket) {
      Files.createDirectories(layout.controls());
      Files.createFile(layout.control(id));
    }
    return new Observer(layout, new ProcessTable(proc)).observe(id).orElseThrow().state();
  }

  @Test
  void whoRunsIsKnownByItsProcesses() throws IOException {
    assertThat(stateOf("running", 0, 7, 8)).isEqualTo(RunState.RUNNING);
    assertThat(stateOf("running", 0, 8)).isEqualTo(RunState.UNSUPERVISED);
    assertThat(stateOf("running", 0)).isEqualTo(RunState.LOST);
    assertThat(stateOf("restarting", 2, 7)).isEqualTo(RunState.RESTARTING);
    assertThat(stateOf("restarting", 2)).isEqualTo(RunState.EXITED);
  }

  @Test
  void aSupervisorWithoutItsSocketCannotBeAsked() throws IOException {
    socket = false;
    assertThat(stateOf("running", 0, 7, 8)).isEqualTo(RunState.UNREACHABLE);
    assertThat(stateOf("running", 0, 8)).isEqualTo(RunState.UNSUPERVISED);
    assertThat(stateOf("running", 0, 7)).as("it sees to the end").isEqualTo(RunState.RUNNING);
    assertThat(stateOf("starting", 0, 7)).isEqualTo(RunState.STARTING);
    assertThat(stateOf("restarting", 2, 7)).isEqualTo(RunState.RESTARTING);
  }

  @Test
  void aStartOfItsSupervisorsOwnIsARestartUntilItHasItsCommand() throws IOException {
    assertThat(stateOf("starting", 0, 7)).isEqualTo(RunState.STARTING);
    assertThat(stateOf("starting", 1, 7)).isEqualTo(RunState.RESTARTING);
    assertThat(stateOf("starting", 1)).isEqualTo(RunState.LOST);
  }
}
