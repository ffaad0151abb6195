package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import jstack.support.Eventually;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What up, plan and down do to a stack, seen from outside. */
class UpScenario {
  private static final String TWO =
      """
      name: demo
      services:
        web:
          rootfs: ROOTFS
          command: [/probe, sleep]
          depends_on: [db]
        db:
          rootfs: ROOTFS
          command: [/probe, sleep]
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
  void aSecondUpDoesNothing() throws Exception {
    jstack.manifest(TWO).jstack("up", "-d").exits(0).says("web-1  started").says("db-1  started");
    long pid = jstack.pid("web-1");
    jstack.jstack("up", "-d").exits(0).says("nothing to do");
    assertThat(jstack.pid("web-1")).isEqualTo(pid);
    jstack.jstack("plan", "--exit-code").exits(0).prints("nothing to do");
  }

  @Test
  void aChangedServiceIsRecreatedAloneAndTheReasonNamesItsLine() throws Exception {
    jstack.manifest(TWO).jstack("up", "-d").exits(0);
    long web = jstack.pid("web-1");
    long db = jstack.pid("db-1");
    jstack.manifest(
        TWO.replace(
            "command: [/probe, sleep]\n    depends",
            "command: [/probe, sleep, \"500\"]\n    depends"));
    jstack
        .jstack("plan", "--exit-code")
        .exits(2)
        .prints("-/+ web-1")
        .prints("command")
        .prints("jstack.yaml:5");
    jstack.jstack("up", "-d").exits(0).says("web-1  started  command: ").says("jstack.yaml:5");
    assertThat(jstack.pid("db-1")).isEqualTo(db);
    assertThat(jstack.pid("web-1")).isNotEqualTo(web);
  }

  @Test
  void aCommentAndAMovedLineRestartNobody() throws Exception {
    jstack.manifest(TWO).jstack("up", "-d").exits(0);
    jstack.manifest("# a comment\n\n" + TWO).jstack("up", "-d").exits(0).says("nothing to do");
  }

  @Test
  void aServiceThatWasTakenOutIsAnOrphanUntilItIsToGo() throws Exception {
    jstack.manifest(TWO).jstack("up", "-d").exits(0);
    String one =
        """
        name: demo
        services:
          db:
            rootfs: ROOTFS
            command: [/probe, sleep]
        """;
    jstack.manifest(one).jstack("up", "-d").exits(0).says("web-1 is not in the manifest any more");
    jstack.jstack("ps").prints("web-1");
    jstack.jstack("up", "-d", "--remove-orphans").exits(0).says("web-1  removed");
    assertThat(jstack.jstack("ps").out()).doesNotContain("web-1");
  }

  @Test
  void servicesStopInTheOppositeOrderOfTheirStart() throws Exception {
    jstack.manifest(TWO).jstack("up", "-d").exits(0);
    String err = jstack.jstack("down").exits(0).err();
    assertThat(err.indexOf("web-1  stopped")).isBetween(0, err.indexOf("db-1  stopped"));
    jstack.jstack("down").exits(0).says("nothing to do");
  }

  @Test
  void downWorksWhenTheManifestIsGone() throws Exception {
    jstack.manifest(TWO).jstack("up", "-d").exits(0);
    Files.delete(folder.resolve("jstack.yaml"));
    jstack.jstack("-p", "demo", "down").exits(0).says("db-1  removed");
  }

  @Test
  void attachedUpShowsTheOutputBehindNamesAndEndsWithTheContainers() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          a: {rootfs: ROOTFS, command: [/probe, echo, hello from a]}
          longer: {rootfs: ROOTFS, command: [/probe, both]}
        """);
    Jstack.Result result = jstack.jstack("up").exits(0);
    assertThat(result.out().lines())
        .containsExactlyInAnyOrder(
            "a-1       | hello from a", "longer-1  | to stdout", "longer-1  | to stderr");
  }

  @Test
  void attachedUpShowsThisRunOnlyAndLogsShowTheOnesBefore() throws Exception {
    String text = "name: demo\nservices:\n  a: {rootfs: ROOTFS, command: [/probe, echo, WORD]}\n";
    jstack.manifest(text.replace("WORD", "one")).jstack("up").exits(0).prints("one");
    String out = jstack.manifest(text.replace("WORD", "two")).jstack("up").exits(0).out();
    assertThat(out).isEqualTo("a-1  | two\n");
    assertThat(jstack.jstack("logs").out()).isEqualTo("a-1  | one\na-1  | two\n");
  }

  @Test
  void aFailingCommandMakesAttachedUpFail() throws Exception {
    jstack.manifest(
        "name: demo\nservices:\n  a: {rootfs: ROOTFS, command: [/probe, exit, \"7\"]}\n");
    jstack.jstack("up").exits(1).says("a-1  exited with code 7");
    jstack.jstack("ps", "-a").exits(0).prints("exited").prints("7");
  }

  @Test
  void ctrlCStopsAnAttachedStack() throws Exception {
    jstack.manifest("name: demo\nservices:\n  a: {rootfs: ROOTFS, command: [/probe, signals]}\n");
    Process up = jstack.start("up");
    Eventually.check(() -> assertThat(jstack.out(up)).contains("ready"));
    new ProcessBuilder("kill", "-INT", Long.toString(up.pid())).start().waitFor();
    Jstack.Result result = jstack.finish(up, "").exits(130);
    assertThat(result.out()).contains("a-1  | TERM");
    assertThat(jstack.jstack("ps").out()).doesNotContain("running");
  }

  @Test
  void stopStartAndRestartKeepTheContainer() throws Exception {
    jstack.manifest(TWO).jstack("up", "-d").exits(0);
    jstack.jstack("stop", "web").exits(0).says("web-1  stopped");
    assertThat(jstack.jstack("ps").out()).doesNotContain("web-1").contains("db-1");
    jstack.jstack("start", "web").exits(0).says("web-1  started");
    long pid = jstack.pid("web-1");
    jstack.jstack("restart", "web").exits(0).says("web-1  stopped").says("web-1  started");
    assertThat(jstack.pid("web-1")).isNotEqualTo(pid);
    jstack.jstack("up", "-d").exits(0).says("nothing to do");
  }

  @Test
  void aSignalReachesTheCommandAndKillEndsEverything() throws Exception {
    jstack.manifest("name: demo\nservices:\n  a: {rootfs: ROOTFS, command: [/probe, signals]}\n");
    jstack.jstack("up", "-d").exits(0);
    jstack.jstack("kill", "-s", "USR1", "a").exits(0);
    Eventually.check(() -> jstack.jstack("logs", "--no-log-prefix").prints("USR1"));
    jstack.jstack("kill", "a").exits(0);
    Eventually.check(() -> jstack.jstack("ps", "-a").prints("137"));
  }

  @Test
  void whatAContainerWritesOutlivesItUntilDownWithVolumes() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          a: {rootfs: ROOTFS, command: [/probe, write, /kept, text]}
        """);
    jstack.jstack("up").exits(0).prints("ok");
    jstack.jstack("down").exits(0);
    jstack.manifest(
        "name: demo\nservices:\n  a: {rootfs: ROOTFS, command: [/probe, cat, /kept]}\n");
    jstack.jstack("up", "--no-log-prefix").exits(0).prints("text");
    assertThat(folder.resolve("rootfs/kept")).doesNotExist();
    jstack.jstack("down", "-v").exits(0);
    assertThat(jstack.home().resolve("containers/demo")).doesNotExist();
  }

  @Test
  void logsFollowUntilTheEndAndCanBeCut() throws Exception {
    jstack.manifest("name: demo\nservices:\n  a: {rootfs: ROOTFS, command: [/probe, count]}\n");
    jstack.jstack("up", "-d").exits(0);
    Process logs = jstack.start("-f", "jstack.yaml", "logs", "-f", "--no-log-prefix");
    Eventually.check(() -> assertThat(jstack.out(logs)).contains("\n20\n"));
    jstack.jstack("stop", "-t", "0").exits(0);
    String out = jstack.finish(logs, "").exits(0).out();
    long count = out.lines().count();
    assertThat(out.lines().toList().get((int) count - 1)).isEqualTo(Long.toString(count));
    assertThat(jstack.jstack("logs", "-n", "1", "--no-log-prefix").out()).isEqualTo(count + "\n");
    assertThat(jstack.jstack("logs", "-t", "-n", "1").out())
        .matches("a-1  \\| 20\\S+Z " + count + "\n");
  }

  @Test
  void aFloodOfTenMegabytesArrivesWholeThroughRotation() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          a:
            rootfs: ROOTFS
            command: [/probe, flood, "10000000"]
            logging: {options: {max-size: 4m, max-file: "8"}}
        """);
    jstack.jstack("up", "-d").exits(0);
    Eventually.check(() -> jstack.jstack("ps", "-a").prints("exited"));
    String out = jstack.jstack("logs", "--no-log-prefix").out();
    assertThat(out.lines().count()).isEqualTo(100_000);
    assertThat(out.lines().toList().get(99_999)).isEqualTo(String.format("%099d", 99_999));
  }

  @Test
  void fiftyContainersComeUpTogetherAndGoTogether() throws Exception {
    StringBuilder text = new StringBuilder("name: demo\nservices:\n");
    for (int i = 0; i < 50; i++) {
      text.append("  s").append(i).append(": {rootfs: ROOTFS, command: [/probe, sleep]}\n");
    }
    jstack.manifest(text.toString()).jstack("up", "-d").exits(0);
    assertThat(jstack.jstack("ps", "-q").out().lines().count()).isEqualTo(50);
    jstack.jstack("down", "-t", "0").exits(0);
  }
}
