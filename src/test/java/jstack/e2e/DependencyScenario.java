package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import jstack.support.Eventually;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who waits for whom, how far, and what is said when that never comes. */
class DependencyScenario {
  private static final String STACK =
      """
      name: demo
      services:
        web:
          rootfs: BUSYBOX
          command: [sleep, "1000"]
          network_mode: none
          depends_on: {migrate: {condition: service_completed_successfully}}
        migrate:
          rootfs: BUSYBOX
          command: [sh, -c, "SCRIPT"]
          network_mode: none
        other: {rootfs: ROOTFS, command: [/probe, sleep], network_mode: none}
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
  void aServiceStartsWhenTheOneItNeedsHasEndedWell() throws Exception {
    jstack.manifest(STACK.replace("SCRIPT", "sleep 0.2; echo migrated"));
    String err = jstack.jstack("up", "-d", "--wait").exits(0).err();
    assertThat(err.indexOf("other-1  started")).isBetween(0, err.indexOf("web-1  started"));
    assertThat(err.indexOf("migrate-1  done")).isBetween(0, err.indexOf("web-1  started"));
    assertThat(err.split("migrate-1  done", -1)).as("told once").hasSize(2);
    assertThat(jstack.jstack("logs", "migrate").out()).contains("migrated");
    jstack.jstack("ps", "-a").prints("exited");
    jstack.jstack("up", "-d").exits(0).says("nothing to do"); // it is done, and not done again
    jstack.jstack("verify").exits(0); // nor is it missed
  }

  private static final String ORDERED =
      """
      name: demo
      services:
        web:
          rootfs: BUSYBOX
          command: [sleep, "1000"]
          network_mode: none
          stop_signal: SIGKILL
          depends_on:
            migrate: {condition: service_completed_successfully}
            db: {condition: service_healthy, restart: true}
        migrate:
          rootfs: BUSYBOX
          command: [sh, -c, "echo migrated"]
          network_mode: none
        db:
          rootfs: BUSYBOX
          command: [sh, -c, "rm -f /ok; sleep 0.4; [ -e /never ] || touch /ok; exec sleep 1000"]
          network_mode: none
          stop_signal: SIGKILL
          healthcheck: {test: [CMD, test, -e, /ok], interval: 100ms, retries: 1000}
      """;

  @Test
  void startAndRestartWaitForTheConditionsOfTheLastUp() throws Exception {
    jstack.manifest(ORDERED).jstack("up", "-d").exits(0);
    jstack.jstack("stop").exits(0);
    String err = jstack.jstack("-f", "jstack.yaml", "start", "web").exits(0).err();
    assertThat(err.indexOf("db-1  started")).isBetween(0, err.indexOf("web-1  started"));
    assertThat(err).as("it is done").doesNotContain("migrate-1");
    jstack.jstack("ps", "--filter", "health=healthy", "-q").prints("db-1");
    // Both are stopped, and the one that depends waits again.
    err = jstack.jstack("restart", "db").exits(0).err();
    assertThat(err.indexOf("db-1  started")).isBetween(0, err.indexOf("web-1  started"));
    jstack.jstack("ps", "--filter", "health=healthy", "-q").prints("db-1");
    err = jstack.jstack("restart", "--no-deps", "db").exits(0).err();
    assertThat(err).contains("db-1  started").doesNotContain("web-1");
    jstack.jstack("exec", "-T", "db", "touch", "/never").exits(0);
    jstack.jstack("stop").exits(0);
    jstack.manifest("name: demo\nservices: {}\nnonsense: 1\n"); // nothing that start asks
    jstack
        .jstack("-p", "demo", "start", "--wait-timeout", "1")
        .exits(124)
        .says("jstack.yaml:10:7: error: services.web.depends_on.db: web-1 was not started")
        .says("db-1 is not healthy after 1 s");
    jstack.jstack("-p", "demo", "start", "migrate").exits(0).says("migrate-1  started");
    jstack.manifest(ORDERED);
  }

  @Test
  void aServiceIsNotStartedWhenTheOneItNeedsFailsAndTheNextUpTriesAgain() throws Exception {
    jstack.manifest(STACK.replace("SCRIPT", "exit 3"));
    jstack
        .jstack("up", "-d")
        .exits(1)
        .says("jstack.yaml:7:18: error: services.web.depends_on.migrate:")
        .says("web-1 was not started: migrate-1 ended with exit code 3")
        .says("see jstack logs migrate");
    assertThat(jstack.jstack("ps").out()).contains("other-1").doesNotContain("web-1");
    jstack.manifest(STACK.replace("SCRIPT", "exit 0"));
    jstack.jstack("up", "-d").exits(0).says("web-1  started");
  }

  @Test
  void everyWaitHasADeadline() throws Exception {
    jstack.manifest(STACK.replace("SCRIPT", "sleep 1000"));
    jstack
        .jstack("up", "-d", "--wait-timeout", "1")
        .exits(124)
        .says("web-1 was not started: migrate-1 has not ended after 1 s");
    jstack.jstack("up", "-d", "--wait-timeout", "0").exits(64);
  }

  @Test
  void oneThatIsNotRequiredIsGivenUpWithAWarning() throws Exception {
    jstack.manifest(
        STACK
            .replace("SCRIPT", "exit 3")
            .replace("successfully}", "successfully, required: false}, gone: {required: false}"));
    jstack
        .jstack("up", "-d")
        .exits(0)
        .says("no service \"gone\", which is not required")
        .says("migrate-1 ended with exit code 3; web-1 starts without it")
        .says("web-1  started");
  }

  @Test
  void waitFailsForAServiceThatDoesNotRunAndSucceedsForAJobThatEndedWell() throws Exception {
    jstack.manifest(STACK.replace("SCRIPT", "exit 0")).jstack("up", "--wait").exits(0);
    // The end of a is there before the wait begins: b waits for it.
    jstack.manifest(
        """
        name: ended
        services:
          a: {rootfs: BUSYBOX, command: [sh, -c, exit 7], network_mode: none}
          b:
            rootfs: BUSYBOX
            command: [sleep, "1000"]
            network_mode: none
            depends_on: {a: {condition: service_completed_successfully, required: false}}
        """);
    jstack
        .jstack("up", "--wait")
        .exits(1)
        .says("jstack.yaml:3:6: error: services.a: a-1 ended with exit code 7");
  }

  @Test
  void whoAskedForItIsMadeAnewWithTheOneItDependsOn() throws Exception {
    String two =
        """
        name: demo
        services:
          web:
            rootfs: ROOTFS
            command: [/probe, sleep]
            depends_on: {db: {restart: true}}
          db: {rootfs: ROOTFS, command: [/probe, sleep]}
        """;
    jstack.manifest(two).jstack("up", "-d").exits(0);
    long web = jstack.pid("web-1");
    jstack.manifest(
        two.replace(
            "db: {rootfs: ROOTFS, command: [/probe, sleep]}",
            "db: {rootfs: ROOTFS, command: [/probe, sleep, '9999']}"));
    jstack.jstack("up", "-d").exits(0).says("web-1  started  depends on db, which is made anew");
    long second = jstack.pid("web-1");
    assertThat(second).isNotEqualTo(web);
    jstack.jstack("restart", "db").exits(0).says("web-1  started");
    assertThat(jstack.pid("web-1")).isNotEqualTo(second);
  }

  @Test
  void whoeverStaysReadsWhatTheFirstSayWhileTheOthersWait() throws Exception {
    Path go = Files.createDirectories(folder.resolve("data")).resolve("go");
    jstack.manifest(
        """
        name: demo
        services:
          a:
            rootfs: BUSYBOX
            command: [sh, -c, "echo preparing; exec sleep 1000"]
            network_mode: none
            mounts: ["./data:/data"]
            healthcheck: {test: [CMD, test, -e, /data/go], interval: 50ms, retries: 1000}
            stop_grace_period: 0s
          b:
            rootfs: BUSYBOX
            command: [echo, after it]
            network_mode: none
            depends_on: {a: {condition: service_healthy}}
        """);
    Process up = jstack.start("up", "--abort-on-container-exit");
    Eventually.check(() -> assertThat(jstack.out(up)).isEqualTo("a-1  | preparing\n"));
    assertThat(jstack.err(up)).contains("a-1  started").doesNotContain("b-1  started");
    Files.writeString(go, "");
    Jstack.Result result = jstack.finish(up, "");
    assertThat(result.out()).isEqualTo("a-1  | preparing\nb-1  | after it\n");
    assertThat(result.err()).contains("a-1  healthy").contains("b-1  started");
  }
}
