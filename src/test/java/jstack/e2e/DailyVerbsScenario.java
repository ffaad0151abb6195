package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import jstack.state.ContainerId;
import jstack.state.StateLayout;
import jstack.support.Eventually;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The small verbs of every day, seen from outside: wait, rm, port, pull and their like. */
class DailyVerbsScenario {
  private static final String TWO =
      """
      name: demo
      services:
        web: {rootfs: ROOTFS, command: [/probe, signals]}
        db: {rootfs: ROOTFS, command: [/probe, sleep]}
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

  @Test
  void waitPrintsHowEachEndedAndGivesTheFirstCodeThatIsNotZero() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          good: {rootfs: ROOTFS, command: [/probe, exit, "0"]}
          bad: {rootfs: ROOTFS, command: [/probe, exit, "3"]}
        """);
    jstack.jstack("up", "-d").exits(0);
    jstack.jstack("wait").exits(3).prints("good exited 0\n").prints("bad exited 3\n");
    jstack.jstack("wait", "good").exits(0).prints("good exited 0\n");
  }

  @Test
  void waitHearsOfAnEndFromTheSupervisorAndAnyOfTheFirst() throws Exception {
    jstack.manifest(TWO).jstack("up", "-d").exits(0);
    Process any = jstack.start("wait", "--any", "web", "db");
    Process web = jstack.start("wait", "web");
    String socket =
        new StateLayout(jstack.run(), jstack.home())
            .control(ContainerId.of("demo", "web", 1))
            .toString();
    // The supervisor's own line, and one for each who has asked it.
    Eventually.check(
        () ->
            assertThat(Files.readAllLines(Path.of("/proc/net/unix")))
                .filteredOn(line -> line.endsWith(socket))
                .hasSize(3));
    jstack.jstack("kill", "web").exits(0);
    assertThat(jstack.finish(any, "").exits(137).out()).isEqualTo("web exited 137\n");
    assertThat(jstack.finish(web, "").exits(137).out()).isEqualTo("web exited 137\n");
  }

  @Test
  void waitThatRunsOutIs124AndNamesWhatItWaitedFor() throws Exception {
    jstack.manifest(TWO).jstack("up", "-d").exits(0);
    jstack
        .jstack("wait", "--timeout", "200ms", "db")
        .exits(124)
        .says("db-1 did not end within 200ms");
    jstack.jstack("wait", "--timeout", "5", "db").exits(64).says("write 5s");
    jstack.jstack("wait", "nobody").exits(64).says("no service nobody");
  }

  @Test
  void rmRefusesWhatRunsAndRemovesWhatHasEnded() throws Exception {
    jstack.manifest(TWO).jstack("up", "-d").exits(0);
    jstack.jstack("rm", "web").exits(1).says("web-1 runs; nothing was removed").says("-s stops");
    jstack.jstack("stop", "web").exits(0);
    jstack.jstack("rm").exits(0).says("web-1  removed");
    assertThat(jstack.jstack("ps", "-a", "-q").out()).isEqualTo("db-1\n");
    jstack.jstack("rm").exits(0).says("nothing to do");
    jstack.jstack("rm", "-s", "-v", "db").exits(0).says("db-1  removed");
    assertThat(jstack.jstack("ls", "-q").out()).isEmpty();
  }

  @Test
  void rmWithForceKillsAndKeepsWhatWasWrittenUntilAskedOtherwise() throws Exception {
    jstack.manifest(TWO).jstack("up", "-d").exits(0);
    Path layers = jstack.home().resolve("containers/demo");
    jstack.jstack("rm", "-f", "web").exits(0).says("web-1  removed");
    assertThat(layers.resolve("web-1")).isDirectory();
    jstack.jstack("rm", "-f", "-v", "db").exits(0);
    assertThat(layers.resolve("db-1")).doesNotExist();
  }

  @Test
  void portShowsWhereAServiceIsPublished() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          web:
            rootfs: BUSYBOX
            command: [httpd, -f, -h, /www, -p, "80"]
            networks: [front]
            ports: ["127.0.0.1:18080:80"]
          db: {rootfs: ROOTFS, command: [/probe, sleep]}
        networks: {front: {}}
        """);
    jstack.jstack("up", "-d").exits(0);
    assertThat(jstack.jstack("port", "web").exits(0).out())
        .isEqualTo("80/tcp -> 127.0.0.1:18080\n");
    assertThat(jstack.jstack("port", "web", "80").exits(0).out()).isEqualTo("127.0.0.1:18080\n");
    jstack.jstack("port", "web", "81").exits(1).says("81/tcp of web is not published");
    jstack.jstack("port", "db", "81").exits(1).says("is not published");
    jstack.jstack("port", "web", "x").exits(64);
  }

  @Test
  void pullFetchesAndStartsNothing() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          a: {rootfs: {host: {binaries: [/bin/true]}}, command: [/bin/true]}
        """);
    jstack.jstack("pull").exits(0).says("host jail");
    try (var trees = Files.list(jstack.home().resolve("rootfs/jail"))) {
      assertThat(trees).hasSize(1);
    }
    jstack.jstack("pull", "a").exits(0).says("nothing to do");
    jstack.jstack("pull", "b").exits(64).says("no service b");
    assertThat(jstack.jstack("ps", "-a", "-q").out()).isEmpty();
  }

  @Test
  void waitForAPausedOneEndsWhenItIsKilled() throws Exception {
    jstack.manifest(TWO).jstack("up", "-d").exits(0);
    jstack.jstack("pause", "db").exits(0);
    Process wait = jstack.start("wait", "db");
    jstack.jstack("kill", "db").exits(0);
    Eventually.check(() -> assertThat(wait.isAlive()).isFalse());
    jstack.finish(wait, "").exits(137).prints("db exited 137");
  }
}
