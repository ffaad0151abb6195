package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import jstack.support.Command;
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

  private void awaitEnd(String container) throws Exception {
    Eventually.check(() -> assertThat(jstack.alive()).doesNotContainKey(container));
  }

  @Test
  void aContainerOutlivesItsSupervisorAndUpGivesItANewOne() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    long pid = jstack.alive().get("a-1");
    for (int round = 0; round < 2; round++) {
      jstack.killSupervisor("a-1");
      jstack.jstack("ps").prints("unsupervised");
      jstack.jstack("exec", "a", "/probe", "processes").exits(0).prints("3 living");
      jstack.jstack("plan").exits(0).prints("~   a-1  its supervisor died  adopt");
      jstack.jstack("up", "-d").exits(0).says("a-1  adopted  its supervisor died");
      jstack.jstack("up", "-d").exits(0).says("nothing to do");
      assertThat(jstack.alive().get("a-1")).isEqualTo(pid);
    }
    jstack.jstack("exec", "a", "/probe", "processes").exits(0).prints("3 living");
    Path log = jstack.run().resolve("demo/a-1/log");
    long before = Files.size(log);
    Eventually.check(() -> assertThat(log.toFile().length()).isGreaterThan(before + 500));
    assertCountedWithoutGap();
    jstack.jstack("stop", "a").exits(0).says("a-1  stopped  exit code 143");
    assertCountedWithoutGap();
    jstack.jstack("ps", "-a").prints("143");
  }

  private void awaitOn(String container) throws Exception {
    Path log = jstack.run().resolve("demo").resolve(container).resolve("log");
    Eventually.check(() -> assertThat(log).content().contains(" on"));
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
    jstack.killSupervisor("b-1");
    jstack.jstack("up", "-d").exits(0).says("b-1  adopted");
    // Killed from outside: no record is written, and its parent is the machine's first process.
    jstack.killInit("b-1");
    Eventually.check(() -> assertThat(jstack.status("b-1")).containsEntry("state", "exited"));
    jstack.jstack("ps", "-a").prints("137");
    jstack.manifest(
        """
        name: demo
        services:
          a: {rootfs: BUSYBOX, command: [/bin/sh, -c, "trap 'exit 7' TERM; echo on; while :; do sleep 0.01; done"]}
        """);
    jstack.jstack("up", "-d", "--remove-orphans").exits(0);
    awaitOn("a-1");
    jstack.killSupervisor("a-1");
    jstack.jstack("up", "-d").exits(0).says("a-1  adopted");
    new ProcessBuilder("kill", "-TERM", Long.toString(jstack.alive().get("a-1"))).start().waitFor();
    awaitEnd("a-1");
    Eventually.check(() -> jstack.jstack("ps", "-a", "--format", "json").prints("\"exit_code\":7"));
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
    awaitOn("a-1");
    jstack.killSupervisor("a-1");
    jstack.jstack("stop").exits(0).says("a-1  stopped  exit code 7");
    jstack.jstack("start").exits(0);
    awaitOn("a-1");
    jstack.killSupervisor("a-1");
    jstack.jstack("down").exits(0).says("a-1  stopped  exit code 7");
  }

  @Test
  void aLineThatHasStoppedOnItsWayOutlivesItsSupervisor() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          a: {rootfs: BUSYBOX, command: [/bin/sh, -c, "trap 'echo its end; exit 7' TERM; printf 'half on '; while :; do sleep 0.01; done"]}
        """);
    jstack.jstack("up", "-d").exits(0);
    awaitOn("a-1");
    jstack.killSupervisor("a-1");
    jstack.jstack("stop", "a").exits(0);
    assertThat(counted()).containsExactly("half on its end");
  }

  @Test
  void aSignalForAContainerWithoutSupervisorGivesItOne() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          a: {rootfs: BUSYBOX, command: [/bin/sh, -c, "trap 'exit 7' TERM; echo on; while :; do sleep 0.01; done"]}
          c: {rootfs: BUSYBOX, command: [/bin/sh, -c, "trap '' HUP; echo on; while :; do sleep 0.1; done"], tty: true, stop_grace_period: 0s}
        """);
    jstack.jstack("up", "-d").exits(0);
    awaitOn("a-1");
    awaitOn("c-1");
    jstack.killSupervisor("a-1");
    jstack
        .jstack("kill", "-s", "TERM", "a")
        .exits(0)
        .says("a-1  adopted  its supervisor died")
        .says("a-1  SIGTERM");
    Eventually.check(() -> assertThat(jstack.status("a-1")).containsEntry("exit_code", "7"));
    jstack.jstack("kill", "a").exits(0).says("nothing runs");
    jstack.killSupervisor("c-1");
    jstack
        .jstack("kill", "c")
        .exits(1)
        .says("the supervisor of c-1 died; a new one: its terminal ended with its supervisor")
        .says("jstack up makes it anew");
  }

  @Test
  void aChangedContainerWithoutSupervisorIsMadeAnewAndAChangedLimitIsNot() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    long pid = jstack.alive().get("b-1");
    jstack.killSupervisor("b-1");
    jstack.manifest(COUNTING.replace("depends_on", "cgroup: {pids: {max: 77}}, depends_on"));
    jstack.jstack("up", "-d").exits(0).says("b-1  adopted").says("b-1  adjusted");
    assertThat(jstack.alive().get("b-1")).isEqualTo(pid);
    jstack.killSupervisor("b-1");
    jstack.manifest(COUNTING.replace("sleep]", "sleep, '99']"));
    jstack.jstack("up", "-d").exits(0).says("b-1  started  its supervisor died; command");
    assertThat(jstack.alive().get("b-1")).isNotEqualTo(pid);
  }

  @Test
  void whoCannotBeAdoptedIsMadeAnewAndUpSaysWhy() throws Exception {
    jstack.manifest(
        COUNTING
            + "  c: {rootfs: BUSYBOX, tty: true, command: [/bin/sh, -c, \"trap '' HUP;"
            + " echo on; while :; do sleep 0.1; done\"]}\n");
    jstack.jstack("up", "-d").exits(0);
    awaitOn("c-1");
    long a = jstack.alive().get("a-1");
    jstack.killSupervisor("a-1");
    Files.delete(jstack.run().resolve("demo/a-1/stdout"));
    jstack
        .jstack("up", "-d")
        .exits(0)
        .says("a-1  started  its supervisor died; it cannot have a new one: open(\"stdout\"): ");
    assertThat(jstack.alive().get("a-1")).isNotEqualTo(a);
    long c = jstack.alive().get("c-1");
    jstack.killSupervisor("c-1");
    jstack.jstack("plan").exits(0).prints("its supervisor died, and its terminal with it  restart");
    jstack.jstack("up", "-d", "-t", "0").exits(0).says("c-1  started  its supervisor died, and");
    assertThat(jstack.alive().get("c-1")).isNotEqualTo(c);
  }

  @Test
  void aSupervisorThatStandsStillKeepsNobodyFromGoingDown() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          a: {rootfs: ROOTFS, command: [/probe, count], network_mode: none, restart: always}
        """);
    jstack.jstack("up", "-d").exits(0);
    String supervisor = jstack.status("a-1").get("supervisor_pid");
    Command.output("kill", "-STOP", supervisor);
    jstack.jstack("ps").exits(0).prints("a-1");
    jstack.jstack("down", "-t", "0").exits(0).says("a-1  removed");
    assertThat(ProcessHandle.of(Long.parseLong(supervisor)).filter(ProcessHandle::isAlive))
        .isEmpty();
    assertThat(jstack.alive()).isEmpty();
  }

  @Test
  void aSupervisorWhoseSocketWasRemovedIsReplaced() throws Exception {
    jstack.manifest(COUNTING.replace("1s}", "1s, restart: always}"));
    jstack.jstack("up", "-d").exits(0);
    long pid = jstack.alive().get("a-1");
    List<String> verbs = List.of("up -d", "kill -s CONT a", "restart -t 1 a", "stop", "down");
    for (String verb : verbs) {
      long supervisor = Long.parseLong(jstack.status("a-1").get("supervisor_pid"));
      for (Path socket : sockets()) {
        Files.delete(socket);
      }
      jstack.jstack("ps").exits(0).prints("unreachable");
      jstack.jstack("verify").exits(2).prints("one without a control socket is there");
      jstack.jstack(verb.split(" ", -1)).exits(0);
      assertThat(ProcessHandle.of(supervisor).filter(ProcessHandle::isAlive)).as(verb).isEmpty();
      if (verb.equals("stop")) {
        assertThat(jstack.alive()).isEmpty();
        jstack.jstack("up", "-d").exits(0);
      } else if (verb.startsWith("restart")) {
        assertThat(jstack.alive().get("a-1")).isNotEqualTo(pid);
      } else if (!verb.equals("down")) {
        assertThat(jstack.alive()).containsEntry("a-1", pid).containsKey("b-1");
      }
    }
    assertThat(jstack.alive()).isEmpty();
  }

  private List<Path> sockets() throws Exception {
    try (Stream<Path> all = Files.list(jstack.run().resolve(".control"))) {
      return all.toList();
    }
  }

  @Test
  void whoWaitsForItsNextStartAndCannotBeAskedIsEnded() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          a:
            rootfs: ROOTFS
            command: [/probe, exit, "3"]
            network_mode: none
            deploy: {restart_policy: {condition: any, delay: 500ms}}
        """);
    jstack.jstack("up", "-d").exits(0);
    Eventually.check(() -> assertThat(jstack.status("a-1")).containsEntry("state", "restarting"));
    for (Path socket : sockets()) {
      Files.delete(socket);
    }
    jstack.jstack("down").exits(0).says("a-1  removed");
    assertThat(jstack.run().resolve("demo")).doesNotExist();
  }

  @Test
  void aDeadFirstProcessIsNoticedAndStartedAgain() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    jstack.killInit("b-1");
    Eventually.check(() -> assertThat(jstack.status("b-1")).containsEntry("state", "exited"));
    jstack.jstack("up", "-d").exits(0).says("b-1  started  it ended with exit code 137");
  }

  @Test
  void whenEverythingDiesAtOnceDownFindsWhatIsLeft() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    jstack.killSupervisor("a-1");
    jstack.killInit("a-1");
    jstack.jstack("ps", "-a").prints("lost");
    assertThat(jstack.cgroup("memory").resolve("demo/a-1")).exists();
    jstack.jstack("down").exits(0);
    assertThat(jstack.cgroup("memory").resolve("demo")).doesNotExist();
  }

  @Test
  void theExitCodeOutlivesADeadSupervisor() throws Exception {
    jstack.manifest("name: demo\nservices:\n  a: {rootfs: ROOTFS, command: [/probe, signals]}\n");
    jstack.jstack("up", "-d").exits(0);
    long init = jstack.alive().get("a-1");
    jstack.killSupervisor("a-1");
    new ProcessBuilder("kill", "-TERM", Long.toString(init)).start().waitFor();
    awaitEnd("a-1");
    Eventually.check(() -> jstack.jstack("ps", "-a", "--format", "json").prints("\"exit_code\":0"));
  }

  @Test
  void anUpThatIsKilledAtAnyMomentIsFinishedByTheNext() throws Exception {
    for (int round = 0; round < 3; round++) {
      killWithin(260, "up", "-d");
      jstack.jstack("up", "-d").exits(0);
      assertThat(jstack.alive()).containsOnlyKeys("a-1", "b-1");
      killWithin(260, "down");
      jstack.jstack("down").exits(0);
      assertThat(jstack.run().resolve("demo")).doesNotExist();
    }
  }

  private final Random random = new Random(7);

  private void killWithin(int millis, String... words) throws Exception {
    Process verb = jstack.start(words);
    verb.waitFor(random.nextInt(millis), TimeUnit.MILLISECONDS);
    verb.destroyForcibly().waitFor();
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
    for (int round = 0; round < 2; round++) {
      killWithin(700, "up", "-d");
      jstack.jstack("up", "-d").exits(0);
      assertThat(Path.of("/proc/" + jstack.alive().get("a-1") + "/root/f2999")).exists();
      jstack.jstack("down", "-v", "-t", "0").exits(0);
      try (var left = Files.list(jstack.home().resolve("rootfs/tmp"))) {
        assertThat(left).isEmpty();
      }
      new ProcessBuilder("rm", "-rf", jstack.home().toString()).start().waitFor();
    }
  }
}
