package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import jstack.support.Eventually;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Restart policies, as the processes and the files of the state show them. */
@Tag("kernel")
class RestartScenario extends SupervisedScenario {
  private List<Path> receipts() throws Exception {
    try (Stream<Path> files = Files.list(file("."))) {
      return files.filter(f -> f.getFileName().toString().startsWith("receipt.")).sorted().toList();
    }
  }

  @Test
  void whoFailsIsStartedAgainAsOftenAsIsSaid() throws Exception {
    manifest("command: [sh, -c, 'echo run; exit 3']", "restart: on-failure:2");
    jstack.jstack("up", "-d").exits(0);
    await("state", "exited");
    assertThat(status("exit_code")).isEqualTo("3");
    assertThat(status("restarts")).isEqualTo("2");
    assertThat(receipts()).hasSize(3);
    jstack.jstack("logs", "--no-log-prefix").exits(0).prints("run\nrun\nrun\n");
    jstack.jstack("logs", "--no-log-prefix", "--previous").exits(0).prints("run\n");
    assertThat(jstack.jstack("logs", "--no-log-prefix", "--previous").out()).isEqualTo("run\n");
    jstack.jstack("ps", "-a").exits(0).prints("exited");
  }

  @Test
  void whoRunsForItsWindowHasAllItsAttemptsAgainAndADelayDoesNotGrow() throws Exception {
    manifest(
        "command: [sh, -c, 'sleep 0.3; exit 3']",
        "deploy: {restart_policy: {condition: on-failure, max_attempts: 1, window: 200ms, delay:"
            + " 100ms}}");
    jstack.jstack("up", "-d").exits(0);
    Eventually.check(
        () -> assertThat(Integer.parseInt(status("restarts"))).isGreaterThanOrEqualTo(4));
    manifest(
        "command: [sh, -c, 'sleep 0.3; exit 3']",
        "deploy: {restart_policy: {condition: on-failure, max_attempts: 1, delay: 100ms}}");
    jstack.jstack("plan").prints("live");
    jstack.jstack("up", "-d").exits(0);
    await("state", "exited");
  }

  @Test
  void whoSucceedsIsNotStartedAgainOnFailure() throws Exception {
    manifest("command: ['true']", "restart: on-failure");
    jstack.jstack("up", "-d").exits(0);
    await("state", "exited");
    assertThat(status("restarts")).isEmpty();
  }

  @Test
  void aKilledProcessComesBackInTheSameCgroupAndWithTheSameFiles() throws Exception {
    manifest(
        "command: [sh, -c, 'echo x >> /mark; exec sleep 1000']",
        "restart: always",
        "stop_signal: SIGKILL");
    jstack.jstack("up", "-d").exits(0);
    long first = jstack.pid("web-1");
    String cgroup = Files.readString(Path.of("/proc/" + first + "/cgroup"));
    String score = Files.readString(Path.of("/proc/" + Jstack.command(first) + "/oom_score_adj"));
    ProcessHandle.of(Jstack.command(first)).orElseThrow().destroyForcibly();
    await("restarts", "1");
    await("state", "running");
    long second = jstack.pid("web-1");
    assertThat(second).isNotEqualTo(first);
    assertThat(Files.readString(Path.of("/proc/" + second + "/cgroup"))).isEqualTo(cgroup);
    assertThat(Files.readString(Path.of("/proc/" + Jstack.command(second) + "/oom_score_adj")))
        .isEqualTo(score);
    jstack.jstack("exec", "web", "cat", "/mark").exits(0).prints("x\nx\n");
    jstack.jstack("plan").prints("nothing to do");
    jstack.killSupervisor("web-1");
    jstack.jstack("up", "-d").exits(0).says("web-1  adopted");
    assertThat(status("restarts")).as("its new supervisor goes on counting").isEqualTo("1");
  }

  private void commandIsKilled() throws Exception {
    ProcessHandle.of(Jstack.command(jstack.pid("web-1"))).orElseThrow().destroyForcibly();
  }

  private void supervisorIsReplaced() throws Exception {
    jstack.killSupervisor("web-1");
    jstack.jstack("up", "-d").exits(0).says("web-1  adopted");
  }

  @Test
  void whoAdoptsAContainerGoesOnWithItsAttemptsAndItsWaits() throws Exception {
    manifest(
        "command: [sleep, '1000']",
        "deploy: {restart_policy: {condition: on-failure, max_attempts: 2, window: 1h}}");
    jstack.jstack("up", "-d").exits(0);
    commandIsKilled();
    await("restarts", "1");
    await("state", "running");
    assertThat(status("backoff_ms")).isEqualTo("100");
    supervisorIsReplaced();
    commandIsKilled();
    await("restarts", "2");
    await("state", "running");
    assertThat(status("backoff_ms")).isEqualTo("200");
    supervisorIsReplaced();
    commandIsKilled();
    await("state", "exited");
    assertThat(status("restarts")).isEqualTo("2");
  }

  @Test
  void whoWaitsForTheNextStartSaysSoAndCanBeStopped() throws Exception {
    manifest("command: [sh, -c, 'exit 5']", "restart: always");
    jstack.jstack("up", "-d").exits(0);
    Eventually.check(
        () -> {
          assertThat(status("state")).isEqualTo("restarting");
          assertThat(Integer.parseInt(status("restarts"))).isGreaterThanOrEqualTo(3);
        });
    // Each wait is twice as long as the one before, so that in one of them there is time to ask.
    Eventually.check(() -> jstack.jstack("ps").prints("restarting").prints("restarts: "));
    Eventually.check(
        () ->
            jstack
                .jstack("ps", "--format", "json")
                .prints("\"state\":\"restarting\"")
                .prints("\"exit_code\":5"));
    Eventually.check(
        () ->
            jstack
                .jstack("exec", "web", "true")
                .exits(125)
                .says("waits for its next start")
                .says("code 5"));
    aStormCostsLittle();
    jstack.jstack("up", "-d").exits(0);
    jstack.jstack("stop").exits(0);
    assertThat(status("state")).isEqualTo("exited");
    assertThat(status("exit_code")).isEqualTo("5");
    jstack.jstack("down").exits(0);
  }

  /** Four ms for each start, and the waits are for nothing: 30 ms in ten seconds were measured. */
  private void aStormCostsLittle() throws Exception {
    String times = Files.readString(Path.of("/proc", status("supervisor_pid"), "schedstat"));
    long millis = Long.parseLong(times.split(" ", -1)[0]) / 1_000_000;
    long starts = 1 + Long.parseLong(status("restarts"));
    assertThat(millis).as(starts + " starts, ms of its supervisor").isLessThan(30 * starts);
  }

  @Test
  void whoWaitsIsStartedAtOnceWhenItIsAskedFor() throws Exception {
    Path gate = Files.createDirectory(folder.resolve("gate"));
    manifest(
        "command: [sh, -c, 'test -e /gate/open && exec sleep 1000; exit 5']",
        "mounts: ['./gate:/gate']",
        "deploy: {restart_policy: {condition: on-failure, delay: 1h}}");
    jstack.jstack("up", "-d").exits(0);
    await("state", "restarting");
    jstack.jstack("plan", "--exit-code").exits(0);
    jstack.jstack("up", "--no-start").exits(0).says("nothing to do");
    Files.createFile(gate.resolve("open"));
    jstack.jstack("up", "-d").exits(0).says("web-1  starts now  it waited after exit code 5");
    await("state", "running");
    assertThat(status("restarts")).isEqualTo("1");
    jstack.jstack("up", "-d").exits(0).says("nothing to do");
    commandIsKilled();
    await("state", "restarting");
    jstack.jstack("start").exits(0).says("web-1  starts now  it waited after exit code 137");
    await("state", "running");
    jstack.jstack("start").exits(0).says("nothing to do");
  }

  @Test
  void downEndsWhoWaits() throws Exception {
    manifest("command: [sh, -c, 'exit 5']", "restart: always");
    jstack.jstack("up", "-d").exits(0);
    await("state", "restarting");
    jstack.jstack("down").exits(0);
    assertThat(file("status")).doesNotExist();
  }

  @Test
  void whatAUserStopsOrKillsStaysSo() throws Exception {
    manifest("command: [sleep, '1000']", "restart: always", "stop_signal: SIGKILL");
    jstack.jstack("up", "-d").exits(0);
    jstack.jstack("stop").exits(0);
    assertThat(status("state")).isEqualTo("exited");
    jstack.jstack("start").exits(0);
    jstack.jstack("kill").exits(0);
    await("state", "exited");
    assertThat(status("restarts")).isEmpty();
  }

  @Test
  void anotherPolicyIsGivenToWhoWaits() throws Exception {
    manifest("command: [sh, -c, 'exit 5']", "restart: always");
    jstack.jstack("up", "-d").exits(0);
    Eventually.check(
        () -> {
          assertThat(status("state")).isEqualTo("restarting");
          assertThat(Integer.parseInt(status("restarts"))).isGreaterThanOrEqualTo(3);
        });
    manifest("command: [sh, -c, 'exit 5']");
    jstack.jstack("up", "-d").exits(0);
    await("state", "exited");
  }

  @Test
  void whoLivesInThePidNamespaceOfAnotherComesBackWithIt() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          web:
            rootfs: {path: BUSYBOX}
            command: [sleep, '1000']
            network_mode: none
            restart: always
            stop_signal: SIGKILL
          guest:
            rootfs: {path: BUSYBOX}
            command: [sleep, '1000']
            network_mode: none
            restart: always
            stop_signal: SIGKILL
            namespaces: {pid: 'service:web'}
            healthcheck: {test: 'true', interval: 50ms}
        """);
    jstack.jstack("up", "-d").exits(0);
    ProcessHandle.of(jstack.pid("web-1")).orElseThrow().destroyForcibly();
    await("restarts", "1");
    await("state", "running");
    Path guest = jstack.run().resolve("demo/guest-1/status");
    Eventually.check(
        () -> assertThat(Files.readString(guest)).contains("restarts=", "health=healthy"));
    assertThat(jstack.namespace("guest-1", "pid")).isEqualTo(jstack.namespace("web-1", "pid"));
  }

  @Test
  void aStartThatFailsCountsAsOneThatEnded() throws Exception {
    Path gate = Files.createDirectory(folder.resolve("gate"));
    Files.writeString(gate.resolve("file"), "x");
    manifest(
        "command: [sh, -c, 'sleep 0.3; exit 1']",
        "restart: on-failure",
        "mounts: ['./gate/file:/file']");
    jstack.jstack("up", "-d").exits(0);
    Files.delete(gate.resolve("file"));
    Eventually.check(() -> assertThat(status("exit_code")).isEqualTo("125"));
    Files.writeString(gate.resolve("file"), "x");
    await("state", "running");
    jstack.jstack("down", "-t", "0").exits(0);
  }
}
