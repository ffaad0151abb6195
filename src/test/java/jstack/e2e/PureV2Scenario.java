package jstack.e2e;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatList;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import jstack.support.Host;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * The limits on a kernel whose cgroups are v2 alone, whatever this machine has: one stack under
 * user-mode Linux (src/test/uml). Half a minute, most of it the start of seven JVMs there, so make
 * test runs it on JDK 17 only.
 */
@Tag("kernel")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PureV2Scenario {
  /** A key below {@code cgroup}, or one of Compose's, and the file that says the same. */
  private record Row(String service, String key, String value, String file, String text) {}

  private static final List<Row> TABLE =
      List.of(
          new Row("limits", "memory.max", "64m", "memory.max", "67108864"),
          new Row("limits", "memory.swap_max", "16m", "memory.swap.max", "16777216"),
          new Row("limits", "cpu.max", "0.5", "cpu.max", "50000 100000"),
          new Row("limits", "cpu.weight", "300", "cpu.weight", "300"),
          new Row("limits", "pids.max", "16", "pids.max", "16"),
          new Row("compose", "mem_limit", "32m", "memory.max", "33554432"),
          new Row("compose", "memswap_limit", "40m", "memory.swap.max", "8388608"),
          new Row("compose", "cpus", "0.25", "cpu.max", "25000 100000"),
          new Row("compose", "pids_limit", "12", "pids.max", "12"));

  private static final String REST =
      """
        hog:
          <<: *common
          command: sh -c "head -c 60m /dev/zero | tail; exec sleep 1000"
          cgroup: {memory: {max: 16m}}
        bomb:
          <<: *common
          command: sh -c "(for i in 1 2 3 4 5 6; do sleep 1000 & done); exec sleep 1000"
          cgroup: {pids: {max: 5}}
        held:
          <<: *common
          command: sh -c "(head -c 30m /dev/zero; exec sleep 1000) | tail -n 1"
          cgroup: {memory: {max: 48m}}
        nested:
          <<: *common
          cgroup: {delegate: true}
          command: >-
            sh -c "cd /sys/fs/cgroup; mkdir in; for p in $$(cat cgroup.procs); do
            echo $$p > in/cgroup.procs; done; echo +pids > cgroup.subtree_control; exec sleep 1000"
        light: &loop
          <<: *common
          mounts: [./start:/start]
          command: sh -c "read x < /start/$$HOSTNAME; while :; do :; done"
          cgroup: {cpu: {weight: 100}}
        heavy:
          <<: *loop
          cgroup: {cpu: {weight: 300}}
        capped:
          <<: *loop
          cgroup: {cpu: {max: 0.1}}
      """;

  private final Map<String, List<String>> seen = new LinkedHashMap<>();

  @BeforeAll
  void run(@TempDir Path folder) throws Exception {
    Host.needsRoot();
    Host.needsTool("/usr/bin/linux.uml");
    List<String> command = new ArrayList<>();
    command.add("src/test/uml/run.sh");
    command.add("src/test/uml/limits.sh");
    command.add(Host.dist().resolve("bin/jstack").toString());
    command.add(Host.probe().toString());
    command.add(manifest());
    TABLE.forEach(row -> command.add(row.service() + "/" + row.file()));
    Path out = folder.resolve("out");
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder
        .environment()
        .put("JSTACK_JAVA", ProcessHandle.current().info().command().orElse("java"));
    Process process = builder.redirectOutput(out.toFile()).start();
    try {
      assertThat(process.waitFor(330, TimeUnit.SECONDS)).as("it ends by itself").isTrue();
    } finally {
      process.destroy();
    }
    String text = Files.readString(out, StandardCharsets.UTF_8);
    assertThat(process.exitValue()).as(text).isEqualTo(0);
    for (String line : text.lines().toList()) {
      String[] parts = line.split("=", 2);
      seen.computeIfAbsent(parts[0], name -> new ArrayList<>()).add(parts[parts.length - 1]);
    }
    for (String what : seen.getOrDefault("cannot", List.of())) {
      System.out.println("not shown under user-mode Linux: " + what);
    }
  }

  /** The table as a manifest: {@code memory.max} is max below memory below cgroup. */
  private static String manifest() {
    Map<String, List<String>> groups =
        TABLE.stream()
            .filter(row -> row.service().equals("limits"))
            .collect(
                groupingBy(
                    row -> row.key().substring(0, row.key().indexOf('.')),
                    mapping(
                        row -> row.key().substring(row.key().indexOf('.') + 1) + ": " + row.value(),
                        toList())));
    String cgroup =
        groups.entrySet().stream()
            .map(group -> group.getKey() + ": {" + String.join(", ", group.getValue()) + "}")
            .collect(joining(", "));
    String compose =
        TABLE.stream()
            .filter(row -> row.service().equals("compose"))
            .map(row -> "    " + row.key() + ": " + row.value() + "\n")
            .collect(joining());
    return """
        name: v2
        x-common: &common {rootfs: ./root, network_mode: none, command: [sleep, "1000"]}
        services:
          limits:
            <<: *common
            cgroup: {%s}
          compose:
            <<: *common
        %s"""
            .formatted(cgroup, compose)
        + REST;
  }

  private String only(String name) {
    assertThat(seen).containsKey(name);
    assertThatList(seen.get(name)).hasSize(1);
    return seen.get(name).get(0);
  }

  private long number(String name) {
    return Long.parseLong(only(name));
  }

  @Test
  void everyKeyStandsInTheFileOfItsLimit() {
    for (Row row : TABLE) {
      assertThat(only(row.service() + "/" + row.file())).as(row.key()).isEqualTo(row.text());
    }
  }

  @Test
  void itRunsInUserAndCgroupNamespacesOfItsOwn() {
    assertThatList(seen.get("inside")).hasSize(2);
    // Where its own first process went to, when it shared its controllers out.
    assertThat(seen.get("inside").get(0)).isEqualTo("0::/in");
    assertThat(seen.get("inside").get(1)).matches("0 +[1-9][0-9]+ +65536");
    assertThat(only("seccomp")).as("this kernel filters calls, too").isEqualTo("2");
    for (String service :
        List.of("limits", "compose", "hog", "bomb", "held", "light", "heavy", "capped")) {
      assertThat(only(service + "-1")).as(service).isEqualTo("running");
    }
  }

  @Test
  void aDelegatedCgroupRaisesNoLimitOfItsOwn() {
    assertThat(only("wrote")).as("below its own").isEqualTo("in/pids.max");
    assertThat(only("nested")).isEqualTo("1024 100 ");
  }

  @Test
  void whoTakesTooMuchIsStoppedInside() {
    assertThat(only("hog")).isEqualTo("oom_kill 1");
    assertThat(number("bomb")).isBetween(2L, 5L);
  }

  @Test
  void theProcessorIsSharedByWeightAndCapped() {
    assertThat(number("heavy") / (double) number("light")).isBetween(2.0, 4.0);
    assertThat(number("capped") / (double) number("wall")).isBetween(0.03, 0.17);
  }

  @Test
  void limitsChangeWhileTheProcessesRunAndBelowWhatIsInUseNone() {
    assertThat(only("refused")).isEqualTo("1");
    assertThat(only("why")).contains("held.cgroup.memory.max: the limit 8m is below the ");
    assertThat(seen.get("live"))
        .containsExactly("67108864 50000 100000 50331648 ", "100663296 40000 100000 67108864 ");
    assertThat(only("same")).isEqualTo("pid");
  }

  @Test
  void verifyReadsBackWhatDecidesAboutDevices() {
    assertThat(seen.get("drift"))
        .containsExactly("limits-1: no filter", "light-1: another filter beside it");
  }

  @Test
  void theReceiptsHoldWhatThisKernelCounted() throws Exception {
    Map<String, JsonNode> receipts = new LinkedHashMap<>();
    for (String line : seen.getOrDefault("receipt", List.of())) {
      JsonNode receipt = new ObjectMapper().readTree(line);
      receipts.put(receipt.get("service").asText(), receipt);
    }
    assertThat(receipts.keySet()).containsAll(List.of("limits", "compose", "hog", "bomb", "light"));
    receipts.forEach(
        (service, receipt) -> {
          assertThat(receipt.get("exit_code").asInt()).as(service).isEqualTo(137);
          assertThat(receipt.get("stopped").asBoolean()).as(service).isTrue();
          assertThat(receipt.get("wall_ns").asLong()).as(service).isPositive();
          for (String key :
              List.of(
                  "memory_peak", "cpu_system_ns", "throttled_periods", "io_read", "io_written")) {
            assertThat(receipt.get(key).isNull()).as(service + " " + key).isFalse();
          }
        });
    JsonNode hog = receipts.get("hog");
    assertThat(hog.get("oom_kills").asLong()).isEqualTo(1);
    assertThat(hog.get("memory_limit").asLong()).isEqualTo(16L << 20);
    assertThat(hog.get("memory_limit_hit").asBoolean()).isTrue();
    assertThat(hog.get("memory_peak").asLong()).isBetween(15L << 20, 16L << 20);
    JsonNode limits = receipts.get("limits");
    assertThat(limits.get("oom_kills").asLong(-1)).isZero();
    assertThat(limits.get("memory_limit_hit").asBoolean()).isFalse();
    assertThat(receipts.get("light").get("throttled_periods").asLong(-1)).isZero();
    JsonNode capped = receipts.get("capped");
    assertThat(capped.get("throttled_periods").asLong()).isPositive();
    assertThat(capped.get("throttled_ns").asLong()).isPositive();
    assertThat(capped.get("memory_limit").isNull()).isTrue();
    long heavy = receipts.get("heavy").get("cpu_user_ns").asLong();
    assertThat(heavy).isGreaterThan(receipts.get("light").get("cpu_user_ns").asLong());
    JsonNode bomb = receipts.get("bomb").get("pids_peak");
    assertThat(bomb.isNull() || bomb.asLong() == 5).as(bomb.toString()).isTrue();
  }

  @Test
  void theDownLeavesNothing() {
    assertThat(number("nests")).isEqualTo(1 + 128 + 2);
    assertThat(only("groups")).isEmpty();
    assertThat(only("processes")).isEqualTo("0");
    assertThat(only("mounts")).isEqualTo("same");
  }
}
