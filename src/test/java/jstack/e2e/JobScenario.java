package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import jstack.support.Eventually;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What runs to completion: alone, in front of a service, in time or not. */
class JobScenario {
  private static final String JOBS =
      """
      name: ci
      services:
        db: {rootfs: ROOTFS, command: [/probe, sleep], network_mode: none}
        web:
          rootfs: ROOTFS
          command: [/probe, sleep]
          network_mode: none
          depends_on: {migrate: {condition: service_completed_successfully}}
      jobs:
        migrate: {rootfs: BUSYBOX, command: [sh, -c, "echo done; ls /sys/class/net"]}
        test: {rootfs: BUSYBOX, command: [sh, -c, "touch /made; cat; echo failed >&2; exit 3"]}
        slow:
          rootfs: BUSYBOX
          command: [sh, -c, "trap 'echo ending; exit 5' TERM; echo ready; while :; do sleep 0.1; done"]
          timeout: 1s
        lasting: {rootfs: BUSYBOX, command: [sh, -c, "ls /; touch /made"], depends_on: [db]}
      """;

  @TempDir Path folder;
  private Jstack jstack;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
    jstack.manifest(JOBS);
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  @Test
  void itsStreamsAndItsExitCodeAreItsOwnAndItLeavesNothing() throws Exception {
    Path receipt = folder.resolve("receipt.json");
    Jstack.Result result =
        jstack.jstackWithInput("in\n", "run", "--receipt", receipt.toString(), "test").exits(3);
    assertThat(result.out()).isEqualTo("in\n");
    assertThat(result.err()).contains("failed\n").contains("exited with code 3; expected is 0");
    assertThat(Files.readString(receipt)).contains("\"exit_code\":3");
    Path victim = Files.writeString(folder.resolve("victim"), "untouched");
    Path link = Files.createSymbolicLink(folder.resolve("link.json"), victim);
    jstack.jstack("run", "--receipt", link.toString(), "test").exits(125).says("symbolic link");
    Path device = Files.createSymbolicLink(folder.resolve("disk.json"), Path.of("/dev/null"));
    jstack.jstack("run", "--receipt", device.toString(), "test").exits(125).says("symbolic link");
    assertThat(victim).hasContent("untouched");
    jstack.jstack("run", "--receipt", "/dev/null", "test").exits(3);
    assertThat(jstack.jstack("ls", "-q").out()).isEmpty();
    assertThat(jstack.home().resolve("containers/ci")).doesNotExist();
  }

  @Test
  void aJobIsStoppedWhenItsTimeIsOver() throws Exception {
    Jstack.Result late = jstack.jstack("run", "slow").exits(124);
    assertThat(late.out()).isEqualTo("ready\nending\n");
    assertThat(late.err())
        .contains("error: jobs.slow.timeout: slow-run-")
        .contains("did not end within 1 s and was stopped");
    jstack.jstack("run", "--timeout", "0", "slow").exits(64);
  }

  @Test
  void whoEndsJstackEndsTheJobWithinItsGrace() throws Exception {
    for (String signal : new String[] {"-TERM", "-INT"}) {
      Process run = jstack.start("run", "--timeout", "100", "slow");
      Eventually.check(() -> assertThat(jstack.out(run)).contains("ready"));
      new ProcessBuilder("kill", signal, Long.toString(run.pid())).start().waitFor();
      assertThat(jstack.finish(run, "").exits(5).out()).isEqualTo("ready\nending\n");
      assertThat(jstack.jstack("ls", "-q").out()).isEmpty();
    }
  }

  @Test
  void twoRunsAtOnceDoNotMeet() throws Exception {
    Process first = jstack.start("run", "lasting");
    Process second = jstack.start("run", "lasting");
    assertThat(jstack.finish(first, "").exits(0).out()).doesNotContain("made");
    assertThat(jstack.finish(second, "").exits(0).out()).doesNotContain("made");
    assertThat(jstack.jstack("ps").out()).contains("db-1"); // what they depend on was started
    assertThat(jstack.jstack("run", "--no-deps", "lasting").exits(0).out()).doesNotContain("made");
  }

  @Test
  void upRunsTheJobsThatServicesDependOnAndNoOthers() throws Exception {
    jstack.jstack("up", "-d", "--wait").exits(0).says("migrate-1  started").says("web-1  started");
    assertThat(jstack.jstack("ps", "-a").out())
        .contains("migrate-1")
        .doesNotContain("test-1")
        .doesNotContain("slow-1");
    assertThat(jstack.jstack("logs", "--no-log-prefix", "migrate").out()).isEqualTo("done\nlo\n");
    jstack.jstack("report", "migrate").exits(0).prints("migrate-1");
    jstack.jstack("up", "-d").exits(0).says("nothing to do");
    jstack.jstack("verify").exits(0).prints("3 containers, all as the manifest says"); // it is done
    jstack.jstack("up", "test").exits(2).says("test-1  exited with code 3");
    jstack.jstack("report", "test").exits(2);
    assertThat(jstack.jstack("up", "migrate").exits(0).out()) // who is named runs again
        .isEqualTo("migrate-1  | done\nmigrate-1  | lo\n");
  }
}
