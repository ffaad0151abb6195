package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import jstack.support.Eventually;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs whose time is over. */
@Tag("kernel")
class TimeoutScenario {
  @TempDir Path folder;
  private Jstack jstack;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  private Path file(String name) {
    return jstack.run().resolve("demo/web-1").resolve(name);
  }

  private String status(String key) throws IOException {
    return Files.readString(file("status"))
        .lines()
        .filter(line -> line.startsWith(key + "="))
        .map(line -> line.substring(key.length() + 1))
        .findFirst()
        .orElse("");
  }

  private void await(String key, String value) throws Exception {
    Eventually.check(() -> assertThat(status(key)).isEqualTo(value));
  }

  private void manifest(String... lines) throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          web:
            rootfs: {path: BUSYBOX}
            network_mode: none
            stop_grace_period: 2s
        """
            + "    "
            + String.join("\n    ", lines)
            + "\n");
  }

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
