package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import jstack.support.Eventually;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One exit code for many, and that nothing runs on behind an up that stayed. */
class UpFlagsScenario {
  private static final String STACK =
      """
      name: ci
      services:
        db: {rootfs: BUSYBOX, command: [sleep, "1000"], network_mode: none, stop_signal: KILL}
        short: {rootfs: BUSYBOX, command: [sh, -c, "sleep 0.3; echo short; exit CODE"], network_mode: none}
      jobs:
        test:
          rootfs: BUSYBOX
          command: [sh, -c, "echo tested; exit 4"]
          depends_on: [db]
      """;

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

  private void nothingRuns() throws Exception {
    assertThat(jstack.jstack("ps", "-q").out()).isEmpty();
  }

  @Test
  void theCodeOfOneIsThatOfAll() throws Exception {
    jstack.manifest(STACK.replace("CODE", "0"));
    for (int i = 0; i < 2; i++) { // a job that is named runs each time
      Jstack.Result result = jstack.jstack("up", "--exit-code-from", "test", "db").exits(4);
      assertThat(result.out()).contains("test-1  | tested");
      assertThat(result.err()).contains("stopping: test-1 exited with code 4").contains("db-1  st");
      nothingRuns();
    }
    jstack.jstack("up", "--exit-code-from", "tset").exits(64);
    jstack.jstack("up", "-d", "--exit-code-from", "test").exits(64);
    jstack.jstack("up", "-d", "--no-start").exits(64);
  }

  @Test
  void theCodeIsThatOfTheOneAlthoughAnotherEndedFirst() throws Exception {
    jstack.manifest(STACK.replace("CODE", "0"));
    jstack
        .jstack("up", "--exit-code-from", "db", "short")
        .exits(137)
        .says("stopping: short-1 exited with code 0");
    nothingRuns();
  }

  @Test
  void anEndOrAFailureAloneStopsTheRest() throws Exception {
    jstack.manifest(STACK.replace("CODE", "0"));
    jstack
        .jstack("up", "--abort-on-container-exit")
        .exits(0)
        .prints("short-1  | short")
        .says("stopping: short-1 exited with code 0");
    nothingRuns();
    jstack.manifest(STACK.replace("CODE", "9"));
    jstack.jstack("up", "--abort-on-container-failure").exits(9).says("short-1 exited with code 9");
    nothingRuns();
  }

  /** The signal finds jstack reading nearly each time: it shall not take the file from it. */
  @Test
  void aSignalInTheMiddleOfAFloodStopsTheStack() throws Exception {
    jstack.manifest(
        """
        name: ci
        services:
          a: {rootfs: BUSYBOX, command: [sh, -c, "while :; do echo a line; done"], network_mode: none}
        """);
    for (int round = 0; round < 3; round++) {
      Process up = jstack.start("up", "-t", "0");
      Eventually.check(() -> assertThat(jstack.out(up)).contains("a-1  | a line"));
      up.toHandle().destroy();
      jstack.finish(up, "").exits(130).says("stopping; once more to kill");
      nothingRuns();
    }
  }

  @Test
  void aSignalWhileAnotherChangesTheStackIsObeyedBehindIt() throws Exception {
    jstack.manifest(
        """
        name: ci
        defaults: {network_mode: none, stop_grace_period: 2s}
        services:
          a: {rootfs: BUSYBOX, command: [sh, -c, "trap '' TERM; echo on; while :; do sleep 0.1; done"]}
          b: {rootfs: ROOTFS, command: [/probe, sleep]}
        """);
    Process up = jstack.start("up");
    Eventually.check(() -> assertThat(jstack.out(up)).contains("a-1  | on"));
    Process restart = jstack.start("restart", "a");
    Path lock = jstack.run().resolve(".locks/ci");
    Eventually.check(() -> assertThat(lock).content().contains(" restart"));
    up.toHandle().destroy();
    jstack.finish(restart, "").exits(0);
    jstack.finish(up, "").exits(130).says("stopping; once more to kill").says("b-1  stopped");
    nothingRuns();
  }

  @Test
  void aSignalEndsAllThatWaitsAndAllThatRuns() throws Exception {
    jstack.manifest(
        """
        name: ci
        services:
          web:
            rootfs: ROOTFS
            command: [/probe, sleep]
            network_mode: none
            depends_on: {slow: {condition: service_completed_successfully}}
          slow: {rootfs: BUSYBOX, command: [sh, -c, "echo begun; exec sleep 1000"], network_mode: none}
          stubborn:
            rootfs: BUSYBOX
            command: [sh, -c, "trap '' TERM; while :; do sleep 0.1; done"]
            network_mode: none
        """);
    Process up = jstack.start("up", "-t", "1");
    Eventually.check(() -> jstack.jstack("ps", "-q").prints("slow-1").prints("stubborn-1"));
    new ProcessBuilder("kill", "-TERM", Long.toString(up.pid())).start().waitFor();
    Jstack.Result result = jstack.finish(up, "").exits(130);
    assertThat(result.out()).contains("slow-1      | begun");
    assertThat(result.err()).contains("stubborn-1  stopped  exit code 137").doesNotContain("web-1");
    nothingRuns();
  }

  @Test
  void whoStaysLeavesNothingRunningBehindAFailedDependency() throws Exception {
    jstack.manifest(
        STACK.replace("CODE", "0")
            + "  broken: {rootfs: BUSYBOX, command: [sh, -c, 'echo oh; exit 6']}\n"
            + "  after:\n    rootfs: BUSYBOX\n    command: [echo, never]\n"
            + "    depends_on: {broken: {condition: service_completed_successfully}}\n");
    jstack
        .jstack("up", "db", "after")
        .exits(1)
        .prints("broken-1  | oh")
        .says("after-1 was not started: broken-1 ended with exit code 6");
    nothingRuns();
    jstack.jstack("ps", "-a").prints("db-1").prints("broken-1");
  }

  @Test
  void whatIsMadeButNotStartedIsStartedLater() throws Exception {
    jstack.manifest(STACK.replace("CODE", "0"));
    jstack.jstack("up", "--no-start").exits(0).says("db-1  created").says("short-1  created");
    assertThat(jstack.jstack("ps", "-a").out()).contains("created").doesNotContain("running");
    jstack.jstack("start", "db").exits(0).says("db-1  started");
    jstack.jstack("up", "-d", "--wait", "db").exits(0);
  }
}
