package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Runs whose time is over. */
@Tag("kernel")
class TimeoutScenario extends SupervisedScenario {
  @Test
  void aRunEndsWithItsWholeTreeWhenItsTimeIsOver() throws Exception {
    manifest(
        "command: [sh, -c, 'trap \"\" TERM; setsid sleep 1000 & sleep 1000']",
        "timeout: 300ms",
        "stop_grace_period: 200ms");
    Files.writeString(
        folder.resolve("jstack.yaml"),
        Files.readString(folder.resolve("jstack.yaml")).replace("    stop_grace_period: 2s\n", ""));
    jstack.jstack("up", "-d").exits(0);
    await("state", "exited");
    assertThat(status("exit_code")).isEqualTo("124");
    assertThat(status("ended_by")).isEqualTo("timeout");
    jstack.jstack("ps", "-a").exits(0).prints("124").prints("its timeout was over");
    jstack.jstack("report", "--format", "json").prints("\"ended_by\":\"timeout\"");
    jstack.jstack("logs").exits(0).prints("timeout of 0.300 s");
  }

  @Test
  void aJobOfOneCallEndsWith124() throws Exception {
    manifest("command: [sleep, '1000']", "timeout: 200ms", "stop_signal: SIGKILL");
    jstack.jstack("run", "--rm", "web").exits(124);
  }

  @Test
  void aTimeThatIsShortenedCountsFromTheStart() throws Exception {
    manifest("command: [sleep, '1000']", "stop_signal: SIGKILL");
    jstack.jstack("up", "-d").exits(0);
    manifest("command: [sleep, '1000']", "stop_signal: SIGKILL", "timeout: 1ms");
    jstack.jstack("up", "-d").exits(0);
    await("state", "exited");
    assertThat(status("exit_code")).isEqualTo("124");
  }
}
