package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import jstack.support.Eventually;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Health checks: their verdict, their walls, and that nothing of them is left. */
@Tag("kernel")
class HealthScenario extends SupervisedScenario {
  private List<String> inside() throws Exception {
    Path cgroup = jstack.cgroup("unified").resolve("demo/web-1/task/cgroup.procs");
    return Files.exists(cgroup) ? Files.readAllLines(cgroup) : List.of();
  }

  @Test
  void aContainerIsStartingThenHealthyThenUnhealthyAndHealthyAgain() throws Exception {
    manifest(
        "command: [sleep, '1000']",
        "tmpfs: [/tmp]",
        "stop_signal: SIGKILL",
        "healthcheck: {test: 'echo looked; test -e /tmp/good', interval: 100ms, retries: 2,"
            + " start_period: 30s, start_interval: 50ms}");
    jstack.jstack("up", "-d").exits(0);
    assertThat(status("health")).isEqualTo("starting");
    jstack.jstack("exec", "web", "touch", "/tmp/good").exits(0);
    await("health", "healthy");
    jstack.jstack("ps").exits(0).prints("HEALTH").prints("healthy");
    jstack.jstack("ps", "--format", "json").exits(0).prints("\"health\":\"healthy\"");
    jstack.jstack("exec", "web", "rm", "/tmp/good").exits(0);
    await("health", "unhealthy");
    assertThat(Files.readString(file("health"))).contains("exit_code=1\n").endsWith("\n\nlooked\n");
    jstack.jstack("exec", "web", "touch", "/tmp/good").exits(0);
    await("health", "healthy");
    assertThat(status("state")).isEqualTo("running");
  }

  @Test
  void aCheckHasTheWallsOfTheService() throws Exception {
    manifest(
        "command: [sleep, '1000']",
        "stop_signal: SIGKILL",
        "user: web",
        "environment: {COLOUR: blue}",
        "working_dir: /www",
        "healthcheck: {test: 'grep -E \"^(CapEff|CapBnd|NoNewPrivs|Seccomp):\" /proc/self/status;"
            + " id -u; pwd; echo $$COLOUR; hostname; cat /proc/self/oom_score_adj', interval: 10s}");
    jstack.jstack("up", "-d").exits(0);
    await("health", "healthy");
    String seen = Files.readString(file("health"));
    String check = seen.substring(seen.indexOf("\n\n") + 2);
    String exec =
        jstack
            .jstack(
                "exec",
                "web",
                "sh",
                "-c",
                "grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status;"
                    + " id -u; pwd; echo $COLOUR; hostname; cat /proc/self/oom_score_adj")
            .exits(0)
            .out();
    assertThat(check).isEqualTo(exec).contains("1000\n/www\nblue\nweb\n");
  }

  @Test
  void aCheckThatHangsAndForksLeavesNothingAndNeverOverlaps() throws Exception {
    manifest(
        "command: [sleep, '1000']",
        "stop_signal: SIGKILL",
        "tmpfs: [/tmp]",
        "healthcheck:",
        "  test: 'echo x >> /tmp/runs; for i in 1 2 3; do setsid sleep 999 & done; yes; sleep 999'",
        "  interval: 100ms",
        "  timeout: 200ms",
        "  retries: 3");
    jstack.jstack("up", "-d").exits(0);
    await("health", "unhealthy");
    assertThat(Files.readString(file("health"))).contains("timed_out=1").contains("exit_code=124");
    assertThat(Files.size(file("health"))).isLessThan(4096 + 256);
    Eventually.check(() -> assertThat(inside()).isEmpty());
    try (Stream<Path> files = Files.list(file("."))) {
      assertThat(files.count()).isLessThan(16);
    }
  }

  @Test
  void whoBecomesUnhealthyIsStartedAgainWhenAskedFor() throws Exception {
    manifest(
        "command: [sh, -c, 'trap \"exit 3\" TERM; while true; do sleep 0.05; done']",
        "tmpfs: [/tmp]",
        "healthcheck: {test: 'exit 1', interval: 50ms, retries: 1, on_failure: restart}");
    jstack.jstack("up", "-d").exits(0);
    Eventually.check(() -> assertThat(status("restarts")).isIn("1", "2", "3"));
    jstack.jstack("report").exits(0);
    try (Stream<Path> files = Files.list(file("."))) {
      Path receipt =
          files.filter(f -> f.getFileName().toString().startsWith("receipt.")).findFirst().get();
      assertThat(Files.readString(receipt)).contains("ended_by=unhealthy").contains("exit_code=3");
    }
    jstack.jstack("down").exits(0);
  }

  @Test
  void whoBecomesUnhealthyIsStoppedWhenAskedFor() throws Exception {
    manifest(
        "command: [sleep, '1000']",
        "restart: always",
        "stop_signal: SIGKILL",
        "healthcheck: {test: [CMD, 'false'], interval: 50ms, retries: 1, on_failure: stop}");
    jstack.jstack("up", "-d").exits(0);
    await("state", "exited");
    assertThat(status("ended_by")).isEqualTo("unhealthy");
    jstack.jstack("ps", "-a").exits(0).prints("it was unhealthy");
  }

  @Test
  void aCheckThatCannotBeExecutedSaysSo() throws Exception {
    manifest(
        "command: [sleep, '1000']",
        "stop_signal: SIGKILL",
        "healthcheck: {test: [CMD, /no/such], interval: 50ms, retries: 1}");
    jstack.jstack("up", "-d").exits(0);
    await("health", "unhealthy");
    assertThat(Files.readString(file("health"))).contains("exit_code=127").contains("/no/such");
  }

  @Test
  void nobodyIsJudgedWhilePaused() throws Exception {
    manifest(
        "command: [sleep, '1000']",
        "stop_signal: SIGKILL",
        "healthcheck: {test: 'true', interval: 50ms, timeout: 200ms, retries: 1}");
    jstack.jstack("up", "-d").exits(0);
    await("health", "healthy");
    jstack.jstack("pause").exits(0);
    String before = Files.readString(file("health"));
    Thread.sleep(500); // the absence of an event has none
    assertThat(status("health")).isEqualTo("healthy");
    jstack.jstack("unpause").exits(0);
    Eventually.check(() -> assertThat(Files.readString(file("health"))).isNotEqualTo(before));
    assertThat(status("health")).isEqualTo("healthy");
  }

  @Test
  void anotherCheckIsGivenToTheSupervisorAndTheProcessStays() throws Exception {
    manifest("command: [sleep, '1000']", "stop_signal: SIGKILL");
    jstack.jstack("up", "-d").exits(0);
    long pid = jstack.pid("web-1");
    manifest(
        "command: [sleep, '1000']",
        "stop_signal: SIGKILL",
        "healthcheck: {test: 'exit 7', interval: 50ms, retries: 1}");
    jstack.jstack("plan").prints("healthcheck");
    jstack.jstack("up", "-d").exits(0);
    await("health", "unhealthy");
    assertThat(Files.readString(file("health"))).contains("exit_code=7");
    manifest("command: [sleep, '1000']", "stop_signal: SIGKILL");
    jstack.jstack("up", "-d").exits(0);
    assertThat(status("health")).isEmpty();
    assertThat(jstack.pid("web-1")).isEqualTo(pid);
    jstack.jstack("plan").prints("nothing to do");
  }

  @Test
  void aSupervisorWithACheckAndALogIsSmall() throws Exception {
    manifest(
        "command: [sh, -c, 'yes | head -c 3000000; sleep 1000']",
        "stop_signal: SIGKILL",
        "restart: always",
        "healthcheck: {test: 'yes | head -c 100000', interval: 20ms}");
    jstack.jstack("up", "-d").exits(0);
    await("health", "healthy");
    Eventually.check(() -> assertThat(Files.size(file("log"))).isGreaterThan(3_000_000));
    String rollup = Files.readString(Path.of("/proc", status("supervisor_pid"), "smaps_rollup"));
    long pss =
        rollup
            .lines()
            .filter(line -> line.startsWith("Pss:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
            .sum();
    System.out.println("a supervisor with check and log: PSS " + pss + " kB");
    assertThat(pss).isPositive().isLessThanOrEqualTo(1024);
  }
}
