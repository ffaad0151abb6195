package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jstack.support.Eventually;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What stats and top say of containers whose use is known. */
@Tag("kernel")
class AccountScenario {
  private static final String USERS =
      """
      name: demo
      services:
        busy:
          rootfs: BUSYBOX
          network_mode: none
          command: [sh, -c, "while :; do :; done"]
          cgroup: {cpu: {max: 0.3}}
          stop_grace_period: 0s
        hog:
          rootfs: BUSYBOX
          network_mode: none
          command: [sh, -c, "dd if=/dev/zero of=/eaten/x bs=1M count=40; exec sleep 1000"]
          mounts: [{type: tmpfs, target: /eaten, size: 50m}]
          cgroup: {memory: {max: 80m}}
          stop_grace_period: 0s
        idle:
          rootfs: ROOTFS
          network_mode: none
          user: web
          command: [/probe, sleep]
          stop_grace_period: 0s
      """;

  private final ObjectMapper mapper = new ObjectMapper();

  @TempDir Path folder;
  private Jstack jstack;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
    jstack.manifest(USERS).jstack("up", "-d").exits(0);
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  private List<JsonNode> lines(String... words) throws Exception {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : jstack.jstack(words).exits(0).out().lines().toList()) {
      lines.add(mapper.readTree(line));
    }
    return lines;
  }

  private Map<String, JsonNode> stats() throws Exception {
    Map<String, JsonNode> byName = new HashMap<>();
    lines("stats", "--no-stream", "--format", "json")
        .forEach(line -> byName.put(line.get("name").asText(), line));
    assertThat(byName.keySet()).containsExactlyInAnyOrder("busy-1", "hog-1", "idle-1");
    return byName;
  }

  @Test
  void aBusyLoopHasItsShareAndIsThrottledWhileTheIdleHasNone() throws Exception {
    Eventually.check(
        () -> {
          Map<String, JsonNode> stats = stats();
          assertThat(stats.get("busy-1").get("cpu_percent").asDouble()).isBetween(10.0, 60.0);
          assertThat(stats.get("busy-1").get("throttled_seconds").asDouble()).isPositive();
          assertThat(stats.get("idle-1").get("cpu_percent").asDouble()).isLessThan(5.0);
        });
  }

  @Test
  void memoryIsComparedWithTheLimitPageCacheAndAll() throws Exception {
    Eventually.check(
        () -> {
          JsonNode hog = stats().get("hog-1");
          assertThat(hog.get("memory").asLong()).isBetween(40L << 20, 60L << 20);
          assertThat(hog.get("memory_limit").asLong()).isEqualTo(80L << 20);
          assertThat(hog.get("memory_peak").asLong()).isGreaterThanOrEqualTo(40L << 20);
          assertThat(hog.get("memory_percent").asDouble()).isBetween(50.0, 75.0);
        });
    assertThat(stats().get("idle-1").has("memory_limit")).isFalse();
    jstack
        .jstack("stats", "--no-stream", "hog")
        .exits(0)
        .prints("NAME   CPU %  MEM USAGE / LIMIT  MEM %  PIDS  BLOCK I/O")
        .prints(" / 80m ");
  }

  @Test
  void onlyThoseThatAreNamedAndAliveAreShown() throws Exception {
    jstack.jstack("stop", "idle").exits(0);
    assertThat(lines("stats", "--no-stream", "--format", "json", "busy", "idle")).hasSize(1);
    jstack.jstack("stats", "nobody").exits(64).says("no service nobody");
    assertThat(lines("top", "--format", "json", "idle")).isEmpty();
  }

  @Test
  void topShowsTheProcessesAsTheMachineNumbersThem() throws Exception {
    long init = jstack.pid("idle-1");
    List<JsonNode> processes = lines("top", "--format", "json", "idle");
    assertThat(processes).hasSize(2);
    assertThat(processes.get(0).get("pid").asLong()).isEqualTo(init);
    JsonNode command = processes.get(1);
    assertThat(command.get("pid").asLong()).isEqualTo(Jstack.command(init));
    assertThat(command.get("uid").asLong() - processes.get(0).get("uid").asLong())
        .isEqualTo(1000); // whichever block of ids the container has
    assertThat(command.get("command").toString()).isEqualTo("[\"/probe\",\"sleep\"]");
    Eventually.check(
        () -> {
          JsonNode shell = lines("top", "--format", "json", "busy").get(1);
          assertThat(shell.get("cpu_seconds").asDouble()).isPositive();
        });
    jstack.jstack("top", "idle").prints("NAME    PID").prints("/probe sleep");
  }

  @Test
  void whoWasKilledForItsMemoryIsSaidToBeOutOfIt() throws Exception {
    jstack.jstack("down", "-t", "0").exits(0);
    jstack.manifest(
        """
        name: demo
        services:
          hog:
            rootfs: ROOTFS
            network_mode: none
            command: [/probe, eat, "200000000"]
            cgroup: {memory: {max: 32m, swap_max: 0}}
          well: {rootfs: ROOTFS, network_mode: none, command: [/probe, exit, "3"]}
        """);
    jstack
        .jstack("up")
        .exits(1)
        .says("hog-1  exited with code 137, out of memory (limit 32m, peak 32m)")
        .says("well-1  exited with code 3\n");
    jstack.jstack("ps", "-a", "hog").prints("ago, out of memory");
    assertThat(jstack.jstack("ps", "-a", "well").out()).doesNotContain("out of memory");
    JsonNode hog = lines("ps", "-a", "--format", "json", "hog").get(0);
    assertThat(hog.get("oom_kills").asLong()).isEqualTo(1);
    assertThat(hog.get("memory_limit").asLong()).isEqualTo(32 << 20);
    assertThat(hog.get("memory_peak").asLong()).isBetween(31L << 20, 32L << 20);
    assertThat(lines("ps", "-a", "--format", "json", "well").get(0).get("oom_kills").asLong())
        .isZero();
    String line = "hog-1  exited with code 137, out of memory (limit 32m, peak 32m)\n";
    Jstack.Result logs = jstack.jstack("logs").exits(0).says(line);
    assertThat(logs.out() + logs.err()).containsOnlyOnce("out of memory");
    assertThat(logs.out()).doesNotContain("out of memory");
    jstack.jstack("logs", "-f", "hog").exits(0).says(line);
    jstack.jstack("down").exits(0).says(line);
  }

  @Test
  void whoLostAChildToItsLimitIsSaidToBeOutOfMemoryWhenItIsStopped() throws Exception {
    jstack.jstack("down", "-t", "0").exits(0);
    jstack.manifest(
        """
        name: demo
        services:
          hog:
            rootfs: BUSYBOX
            network_mode: none
            command: [sh, -c, "probe eat 200000000; echo lost; exec sleep 1000"]
            cgroup: {memory: {max: 32m}}
            stop_grace_period: 0s
        """);
    jstack.jstack("up", "-d").exits(0);
    Eventually.check(() -> jstack.jstack("logs", "hog").prints("lost"));
    String why = "exit code 137, out of memory (limit 32m, peak 32m)\n";
    jstack.jstack("restart").exits(0).says("hog-1  stopped  " + why);
    Eventually.check(() -> assertThat(jstack.jstack("logs").out()).contains("lost\n", "lost\n"));
    jstack.jstack("stop").exits(0).says("hog-1  stopped  exit code 137");
  }

  @Test
  void theLimitIsNotNamedWhenItWasThatOfTheStack() throws Exception {
    jstack.jstack("down", "-t", "0").exits(0);
    jstack.manifest(
        """
        name: demo
        cgroup: {memory: {max: 32m}}
        services:
          hog:
            rootfs: ROOTFS
            network_mode: none
            command: [/probe, eat, "200000000"]
            cgroup: {memory: {max: 30g}}
        """);
    assertThat(jstack.jstack("up").exits(1).err())
        .containsPattern("hog-1  exited with code 137, out of memory \\(peak 3\\d(\\.\\d)?m\\)\n");
  }

  @Test
  void commandsThatJoinedAreShownToo() throws Exception {
    Process exec = jstack.start("exec", "-T", "idle", "/probe", "sleep");
    Eventually.check(() -> assertThat(lines("top", "--format", "json", "idle")).hasSize(3));
    jstack.jstack("stop", "idle").exits(0);
    jstack.finish(exec, "");
  }
}
