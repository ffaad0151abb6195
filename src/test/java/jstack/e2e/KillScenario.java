package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import jstack.support.Eventually;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is killed, the next up or down puts it right and nothing is left. */
class KillScenario {
  private static final String COUNTING =
      """
      name: demo
      services:
        a: {rootfs: ROOTFS, command: [/probe, count], stop_grace_period: 1s}
        b: {rootfs: ROOTFS, command: [/probe, sleep], depends_on: [a]}
      """;

  @TempDir Path folder;
  private Jstack jstack;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
    jstack.manifest(COUNTING);
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  private long noted(String container, String key) throws Exception {
    for (String line :
        Files.readAllLines(jstack.run().resolve("demo").resolve(container).resolve("status"))) {
      if (line.startsWith(key + "=")) {
        return Long.parseLong(line.substring(key.length() + 1));
      }
    }
    throw new AssertionError("no " + key);
  }

  private static void kill(long pid) throws Exception {
    assertThat(new ProcessBuilder("kill", "-KILL", Long.toString(pid)).start().waitFor()).isZero();
  }

  @Test
  void aContainerOutlivesItsSupervisorAndUpGivesItANewOne() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    long pid = jstack.pid("a-1");
    for (int round = 0; round < 5; round++) {
      kill(noted("a-1", "supervisor_pid"));
      Eventually.check(() -> jstack.jstack("ps").prints("unsupervised"));
      jstack.jstack("exec", "a", "/probe", "processes").exits(0).prints("3 living");
      jstack.jstack("plan").exits(0).prints("~   a-1  its supervisor died  adopt");
      jstack.jstack("up", "-d").exits(0).says("a-1  adopted  its supervisor died");
      jstack.jstack("up", "-d").exits(0).says("nothing to do");
      assertThat(jstack.pid("a-1")).isEqualTo(pid);
    }
    jstack.jstack("exec", "a", "/probe", "processes").exits(0).prints("3 living");
    int before = counted().size();
    Eventually.check(() -> assertThat(counted()).hasSizeGreaterThan(before + 10));
    assertCountedWithoutGap();
    jstack.jstack("stop", "a").exits(0).says("a-1  stopped  exit code 143");
    assertCountedWithoutGap();
    jstack.jstack("ps", "-a").prints("143");
  }

  private List<String> counted() throws Exception {
    return jstack.jstack("logs", "--no-log-prefix", "a").exits(0).out().lines().toList();
  }

  private void assertCountedWithoutGap() throws Exception {
    List<String> lines = counted();
    for (int i = 0; i < lines.size(); i++) {
      assertThat(lines.get(i)).isEqualTo(Integer.toString(i + 1));
    }
  }

  @Test
  void theExitCodeOfAnAdoptedContainerIsThatOfItsInit() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    kill(noted("b-1", "supervisor_pid"));
    jstack.jstack("up", "-d").exits(0).says("b-1  adopted");
    // Killed from outside: no record is written, and its parent is the machine's first process.
    kill(jstack.pid("b-1"));
    Eventually.check(() -> jstack.jstack("ps", "-a").prints("137"));
    jstack.manifest(
        """
        name: demo
        services:
          a: {rootfs: BUSYBOX, command: [/bin/sh, -c, "trap 'exit 7' TERM; echo on; while :; do sleep 0.01; done"]}
        """);
    jstack.jstack("up", "-d", "--remove-orphans").exits(0);
    Eventually.check(() -> assertThat(counted()).contains("on"));
    kill(noted("a-1", "supervisor_pid"));
    jstack.jstack("up", "-d").exits(0).says("a-1  adopted");
    new ProcessBuilder("kill", "-TERM", Long.toString(jstack.pid("a-1"))).start().waitFor();
    Eventually.check(() -> jstack.jstack("ps", "-a").prints("exited"));
    jstack.jstack("ps", "-a", "--format", "json").prints("\"exit_code\":7");
    jstack.jstack("report").prints("7");
  }

  @Test
  void stopAndDownOfAContainerWithoutSupervisorKeepItsGrace() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          a: {rootfs: BUSYBOX, command: [/bin/sh, -c, "trap 'exit 7' TERM; echo on; while :; do sleep 0.01; done"]}
        """);
    jstack.jstack("up", "-d").exits(0);
    Eventually.check(() -> assertThat(counted()).contains("on"));
    kill(noted("a-1", "supervisor_pid"));
    jstack.jstack("stop").exits(0).says("a-1  stopped  exit code 7");
    jstack.jstack("start").exits(0);
    Eventually.check(() -> assertThat(counted()).contains("on"));
    kill(noted("a-1", "supervisor_pid"));
    jstack.jstack("down").exits(0).says("a-1  stopped  exit code 7");
  }

  @Test
  void aChangedContainerWithoutSupervisorIsMadeAnewAndAChangedLimitIsNot() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    long pid = jstack.pid("b-1");
    kill(noted("b-1", "supervisor_pid"));
    jstack.manifest(COUNTING.replace("depends_on", "cgroup: {pids: {max: 77}}, depends_on"));
    jstack.jstack("up", "-d").exits(0).says("b-1  adopted").says("b-1  adjusted");
    assertThat(jstack.pid("b-1")).isEqualTo(pid);
    kill(noted("b-1", "supervisor_pid"));
    jstack.manifest(COUNTING.replace("sleep]", "sleep, '99']"));
    jstack.jstack("up", "-d").exits(0).says("b-1  started  its supervisor died; command");
    assertThat(jstack.pid("b-1")).isNotEqualTo(pid);
  }

  @Test
  void whoCannotBeAdoptedIsMadeAnewAndUpSaysWhy() throws Exception {
    jstack.manifest(
        COUNTING
            + "  c: {rootfs: BUSYBOX, tty: true, command: [/bin/sh, -c, \"trap '' HUP;"
            + " echo on; while :; do sleep 0.1; done\"]}\n");
    jstack.jstack("up", "-d").exits(0);
    Eventually.check(() -> jstack.jstack("logs", "c").prints("on"));
    long a = jstack.pid("a-1");
    kill(noted("a-1", "supervisor_pid"));
    Files.delete(jstack.run().resolve("demo/a-1/stdout"));
    jstack
        .jstack("up", "-d")
        .exits(0)
        .says("a-1  started  its supervisor died; it cannot have a new one: open(\"stdout\"): ");
    assertThat(jstack.pid("a-1")).isNotEqualTo(a);
    long c = jstack.pid("c-1");
    kill(noted("c-1", "supervisor_pid"));
    Eventually.check(() -> jstack.jstack("ps").prints("unsupervised"));
    jstack.jstack("plan").exits(0).prints("its supervisor died, and its terminal with it  restart");
    jstack.jstack("up", "-d", "-t", "0").exits(0).says("c-1  started  its supervisor died, and");
    assertThat(jstack.pid("c-1")).isNotEqualTo(c);
  }

  @Test
  void aDeadFirstProcessIsNoticedAndStartedAgain() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    kill(jstack.pid("b-1"));
    Eventually.check(() -> jstack.jstack("ps", "-a").prints("137"));
    jstack.jstack("up", "-d").exits(0).says("b-1  started  it ended with exit code 137");
  }

  @Test
  void whenEverythingDiesAtOnceDownFindsWhatIsLeft() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    long supervisor = noted("a-1", "supervisor_pid");
    long init = jstack.pid("a-1");
    kill(supervisor);
    kill(init);
    Eventually.check(() -> jstack.jstack("ps", "-a").prints("lost"));
    assertThat(jstack.cgroup("memory").resolve("demo/a-1")).exists();
    jstack.jstack("down").exits(0);
    assertThat(jstack.cgroup("memory").resolve("demo")).doesNotExist();
  }

  @Test
  void theExitCodeOutlivesADeadSupervisor() throws Exception {
    jstack.manifest("name: demo\nservices:\n  a: {rootfs: ROOTFS, command: [/probe, signals]}\n");
    jstack.jstack("up", "-d").exits(0);
    long init = jstack.pid("a-1");
    kill(noted("a-1", "supervisor_pid"));
    new ProcessBuilder("kill", "-TERM", Long.toString(init)).start().waitFor();
    Eventually.check(() -> jstack.jstack("ps", "-a").prints("exited"));
    jstack.jstack("ps", "-a", "--format", "json").prints("\"exit_code\":0");
  }

  @Test
  void anUpThatIsKilledAtAnyMomentIsFinishedByTheNext() throws Exception {
    Random random = new Random(7);
    for (int round = 0; round < 12; round++) {
      Process up = jstack.start("up", "-d");
      up.waitFor(random.nextInt(260), TimeUnit.MILLISECONDS);
      up.destroyForcibly().waitFor();
      jstack.jstack("up", "-d").exits(0);
      assertThat(jstack.jstack("ps", "-q").out().lines()).containsExactly("a-1", "b-1");
      Process down = jstack.start("down");
      down.waitFor(random.nextInt(260), TimeUnit.MILLISECONDS);
      down.destroyForcibly().waitFor();
      jstack.jstack("down").exits(0);
      assertThat(jstack.jstack("ls", "-q").out()).isEmpty();
    }
  }

  @Test
  void aKilledFetchLeavesNoHalfRootfs() throws Exception {
    Path tarball = folder.resolve("big.tar.gz");
    Path big = Files.createDirectories(folder.resolve("big"));
    for (int i = 0; i < 3000; i++) {
      Files.writeString(big.resolve("f" + i), "x".repeat(2000));
    }
    Files.copy(jstack.probeRootfs().resolve("probe"), big.resolve("probe"));
    new ProcessBuilder("tar", "-C", big.toString(), "-czf", tarball.toString(), ".")
        .start()
        .waitFor();
    jstack.manifest(
        "name: demo\nservices:\n  a: {rootfs: ./big.tar.gz, command: [/probe, sleep]}\n");
    Random random = new Random(11);
    for (int round = 0; round < 5; round++) {
      Process up = jstack.start("up", "-d");
      up.waitFor(200 + random.nextInt(500), TimeUnit.MILLISECONDS);
      up.destroyForcibly().waitFor();
      jstack.jstack("up", "-d").exits(0);
      jstack.jstack("exec", "a", "/probe", "cat", "/f2999").exits(0);
      jstack.jstack("down", "-v", "-t", "0").exits(0);
      try (var left = Files.list(jstack.home().resolve("rootfs/tmp"))) {
        assertThat(left).isEmpty();
      }
      new ProcessBuilder("rm", "-rf", jstack.home().toString()).start().waitFor();
    }
  }
}
