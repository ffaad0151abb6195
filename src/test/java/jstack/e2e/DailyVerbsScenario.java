package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import jstack.engine.ShimClient;
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
  void howeverManyWaitAStopIsHeardAndTheLastOfThemLearnsTheExitCode() throws Exception {
    jstack.manifest(TWO).jstack("up", "-d").exits(0);
    Path socket =
        new StateLayout(jstack.run(), jstack.home()).control(ContainerId.of("demo", "db", 1));
    List<ShimClient> crowd = new ArrayList<>();
    try {
      while (crowd.size() < 40) {
        crowd.add(ShimClient.send(socket, "wait"));
      }
      assertThat(crowd.get(39).await(Duration.ofSeconds(5))).contains("busy");
      Process last = jstack.start("wait", "db");
      jstack.jstack("stop", "db").exits(0);
      assertThat(jstack.finish(last, "").exits(143).out()).isEqualTo("db exited 143\n");
      assertThat(crowd.get(0).await(Duration.ofSeconds(5))).contains("exited 143");
    } finally {
      crowd.forEach(ShimClient::close);
    }
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

  @Test
  void createMakesWithoutStartingAndStartStartsIt() throws Exception {
    jstack.manifest(TWO).jstack("create", "web").exits(0).says("web-1  created");
    assertThat(jstack.jstack("ps", "-q").out()).isEmpty();
    jstack.jstack("ps", "-a").exits(0).prints("created");
    jstack.jstack("create", "web").exits(0).says("nothing to do");
    jstack.jstack("start").exits(0).says("web-1  started");
    jstack.jstack("create").exits(0).says("db-1  created");
    jstack.jstack("up", "-d").exits(0).says("db-1  started").says("web-1  unchanged");
    jstack.jstack("create").exits(0).says("nothing to do");
  }

  @Test
  void aCreatedContainerThatWasNeverStartedGoesWithDown() throws Exception {
    jstack.manifest(TWO).jstack("create").exits(0);
    jstack.manifest(TWO.replace("sleep]", "exit, \"4\"]")).jstack("create").says("db-1  created");
    jstack.jstack("start", "db").exits(0);
    jstack.jstack("wait", "db").exits(4);
    jstack.jstack("wait", "web").exits(1).says("web-1 was not started");
    jstack.jstack("rm", "web").exits(0).says("web-1  removed");
    jstack.jstack("create", "web").exits(0);
    jstack.jstack("down").exits(0).says("web-1  removed").says("db-1  removed");
  }

  @Test
  void pruneTakesAwayWhatNobodyUsesAndNothingElse() throws Exception {
    String jail = "{rootfs: {host: {binaries: [/bin/%s]}}, command: [/bin/true]}";
    String text =
        "name: demo\nservices:\n  a: "
            + jail.formatted("true")
            + "\n  b: "
            + jail.formatted("false");
    jstack.manifest(text + "\n").jstack("pull").exits(0);
    jstack.jstack("create", "a").exits(0);
    assertThat(jstack.jstack("rootfs", "ls", "-q").exits(0).out().lines()).hasSize(2);
    String would = jstack.jstack("rootfs", "prune", "--dry-run").exits(0).says("1 kept").out();
    assertThat(jstack.jstack("rootfs", "prune").exits(0).says("freed, 1 kept").out())
        .isEqualTo(would);
    String left = jstack.jstack("rootfs", "ls", "-q").exits(0).out().strip();
    jstack.jstack("rootfs", "inspect", left.substring(0, 8)).exits(0).prints("demo/a-1");
    jstack.jstack("start", "a").exits(0);
    jstack.jstack("down").exits(0); // what it wrote is kept, and lies on top of that rootfs
    jstack.jstack("rootfs", "prune").exits(0).says("nothing to do");
    jstack.jstack("down", "-v").exits(0);
    jstack.jstack("rootfs", "prune").exits(0).says("freed, 0 kept");
    jstack.jstack("rootfs", "inspect", "0").exits(1).says("no rootfs 0");
  }

  @Test
  void eventsTellWhatBecomesOfContainersUntilCtrlC() throws Exception {
    jstack.manifest(TWO).jstack("up", "-d", "db").exits(0);
    Process events = jstack.start("events");
    Process json = jstack.start("events", "--format", "json", "web");
    Eventually.check(
        () -> {
          jstack.jstack("pause", "db");
          jstack.jstack("unpause", "db");
          assertThat(jstack.out(events)).contains("db-1  paused");
        });
    jstack.jstack("up", "-d", "web").exits(0);
    jstack.jstack("rm", "-f", "web").exits(0);
    Eventually.check(() -> assertThat(jstack.out(json)).contains("removed"));
    Eventually.check(() -> assertThat(jstack.out(events)).contains("web-1  removed"));
    for (Process each : new Process[] {events, json}) {
      new ProcessBuilder("kill", "-INT", Long.toString(each.pid())).start().waitFor();
    }
    String out = jstack.finish(events, "").exits(130).out();
    assertThat(out).containsSubsequence("web-1  created", "web-1  started", "web-1  exited");
    assertThat(jstack.finish(json, "").exits(130).out())
        .contains("\"event\":\"exited\",\"exit\":137}")
        .doesNotContain("db");
  }
}
