package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import jstack.support.Command;
import jstack.support.Eventually;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/** Receipts of runs whose work is known, and what they are held against. */
@Tag("kernel")
class ReceiptScenario {
  private final ObjectMapper mapper = new ObjectMapper();

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

  private List<JsonNode> receipts(int code, String... words) throws Exception {
    List<String> line = new ArrayList<>(List.of("report", "--format", "json"));
    line.addAll(List.of(words));
    List<JsonNode> receipts = new ArrayList<>();
    for (String each :
        jstack.jstack(line.toArray(String[]::new)).exits(code).out().lines().toList()) {
      receipts.add(mapper.readTree(each));
    }
    return receipts;
  }

  private Map<String, JsonNode> byService(int code) throws Exception {
    Map<String, JsonNode> byService = new HashMap<>();
    receipts(code).forEach(line -> byService.put(line.get("service").asText(), line));
    return byService;
  }

  private static double seconds(JsonNode receipt, String key) {
    return receipt.get(key).asLong() / 1e9;
  }

  @Test
  void aReceiptHoldsWhatWasDone() throws Exception {
    Files.createDirectory(folder.resolve("disk"));
    jstack.manifest(
        """
        name: demo
        x-common: &common {rootfs: ROOTFS, network_mode: none}
        services:
          burn: {<<: *common, command: [/probe, burn, "400"]}
          capped: {<<: *common, command: [/probe, burn, "150"], cgroup: {cpu: {max: 0.2}}}
          eat: {<<: *common, command: [/probe, eat, "50000000"], cgroup: {memory: {max: 128m}}}
          hog: {<<: *common, command: [/probe, eat, "200000000"], cgroup: {memory: {max: 32m}}}
          crowd: {<<: *common, command: [/probe, crowd, "20"]}
          disk:
            <<: *common
            command: [/probe, write-through, /disk/file, "8388608"]
            mounts: [./disk:/disk]
            namespaces: {user: host}
            security: {allow: [host-user]}
          three: {<<: *common, command: [/probe, exit, "3"]}
          sleep: {<<: *common, command: [/probe, sleep, "1"]}
        """);
    jstack.jstack("up").exits(1);
    Map<String, JsonNode> receipts = byService(0);
    assertThat(receipts).hasSize(8);

    JsonNode burn = receipts.get("burn");
    assertThat(seconds(burn, "cpu_user_ns") + seconds(burn, "cpu_system_ns")).isBetween(0.4, 0.8);
    assertThat(seconds(burn, "cpu_user_ns")).isGreaterThan(0.3);
    assertThat(burn.get("throttled_periods").asLong(-1)).isZero();
    assertThat(seconds(burn, "wall_ns")).isBetween(0.4, 30.0);
    assertThat(seconds(receipts.get("sleep"), "wall_ns")).isBetween(0.9, 10.0);
    assertThat(seconds(receipts.get("sleep"), "cpu_user_ns")).isLessThan(0.3);

    JsonNode capped = receipts.get("capped");
    assertThat(capped.get("throttled_periods").asLong()).isPositive();
    assertThat(seconds(capped, "throttled_ns")).isPositive();
    assertThat(seconds(capped, "wall_ns")).isGreaterThan(0.5);

    JsonNode eat = receipts.get("eat");
    assertThat(eat.get("memory_peak").asLong()).isBetween(50_000_000L, 60_000_000L);
    assertThat(eat.get("memory_limit").asLong()).isEqualTo(128L << 20);
    assertThat(eat.get("oom_kills").asLong(-1)).isZero();
    assertThat(burn.get("memory_limit").isNull()).isTrue();

    JsonNode hog = receipts.get("hog");
    assertThat(hog.get("exit_code").asInt()).isEqualTo(137);
    assertThat(hog.get("signal").asInt()).isEqualTo(9);
    assertThat(hog.get("oom_kills").asLong()).isEqualTo(1);
    assertThat(hog.get("memory_limit_hit").asBoolean()).isTrue();
    assertThat(hog.get("memory_peak").asLong()).isBetween(31L << 20, 32L << 20);

    assertThat(receipts.get("three").get("exit_code").asInt()).isEqualTo(3);
    assertThat(receipts.get("three").get("passed").isNull()).isTrue();
    if (Files.exists(Path.of("/sys/fs/cgroup/pids")) && hasPeakOfPids(receipts)) {
      // The init, the command, and its children.
      assertThat(receipts.get("crowd").get("pids_peak").asLong()).isEqualTo(22);
    }
    if (Files.getFileStore(folder).name().startsWith("/dev/")) {
      // What the file system writes of its own comes on top.
      assertThat(receipts.get("disk").get("io_written").asLong()).isBetween(8L << 20, 24L << 20);
    }
    assertThat(eat.get("io_written").asLong()).isBetween(0L, 4L << 20); // of file systems' own

    byte[] manifest = Files.readAllBytes(folder.resolve("jstack.yaml"));
    assertThat(burn.get("manifest_digest").asText())
        .isEqualTo(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(manifest)));
    assertThat(burn.get("rootfs_digest").asText()).isNotEmpty();
    jstack.jstack("report").prints("hog-1").prints("137 SIGKILL OOM").prints("32m / 32m");
  }

  /** Linux 6.1 counts it; before, nobody does, and then it must be null. */
  private static boolean hasPeakOfPids(Map<String, JsonNode> receipts) throws Exception {
    String[] version = Command.output("uname", "-r").split("[.]", -1);
    boolean counts = Integer.parseInt(version[0]) * 100 + Integer.parseInt(version[1]) >= 601;
    assertThat(receipts.get("crowd").get("pids_peak").isNull()).isNotEqualTo(counts);
    return counts;
  }

  private static final String RUNS =
      """
      name: demo
      services:
        web:
          rootfs: ROOTFS
          network_mode: none
          command: [/probe, signals]
          EXPECT
      """;

  @Test
  void eachRunHasItsOwnAndTheLastTenAreKeptUntilTheDown() throws Exception {
    jstack.manifest(RUNS.replace("EXPECT", "")).jstack("up", "-d").exits(0);
    assertThat(receipts(0)).isEmpty();
    jstack.jstack("report").exits(0).says("no run is over");
    for (int i = 0; i < 3; i++) {
      jstack.jstack("stop").exits(0);
      jstack.jstack("start").exits(0);
    }
    assertThat(receipts(0, "-a")).hasSize(3);
    assertThat(receipts(0, "web")).hasSize(1);
    JsonNode last = receipts(0).get(0);
    assertThat(last.get("exit_code").asInt()).isZero();
    assertThat(last.get("stopped").asBoolean()).isTrue();
    assertThat(last).isEqualTo(receipts(0, "-a").get(2));
    String before = last.get("manifest_digest").asText();
    // A comment makes nobody anew; the next who is made anew has the new digest, and keeps the old.
    Path manifest = folder.resolve("jstack.yaml");
    Files.writeString(manifest, Files.readString(manifest) + "# a comment\n");
    jstack.jstack("up", "-d").exits(0).says("nothing to do");
    jstack.jstack("up", "-d", "--force-recreate").exits(0);
    jstack.jstack("stop").exits(0);
    List<JsonNode> all = receipts(0, "-a");
    assertThat(all).hasSize(5);
    assertThat(all.get(3).get("manifest_digest").asText()).isEqualTo(before);
    assertThat(all.get(4).get("manifest_digest").asText()).isNotEqualTo(before);
    jstack.jstack("down").exits(0);
    assertThat(receipts(0, "-a")).isEmpty();
  }

  @Test
  void whoLostItsSupervisorHasAReceiptAllTheSame() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          hog:
            rootfs: BUSYBOX
            network_mode: none
            command: [sh, -c, "probe eat 200000000; echo lost; exec sleep 1000"]
            cgroup: {memory: {max: 32m}}
        """);
    jstack.jstack("up", "-d").exits(0);
    Eventually.check(() -> jstack.jstack("logs", "hog").prints("lost"));
    Path status = jstack.run().resolve("demo/hog-1/status");
    long supervisor =
        Long.parseLong(Files.readString(status).replaceAll("(?s).*supervisor_pid=(\\d+).*", "$1"));
    ProcessHandle.of(supervisor).orElseThrow().destroyForcibly();
    Eventually.check(() -> jstack.jstack("ps").prints("unsupervised"));
    jstack.jstack("stop").exits(0);
    JsonNode receipt = receipts(0).get(0);
    assertThat(receipt.get("exit_code").asInt()).as("stop found another for it").isEqualTo(143);
    assertThat(receipt.get("oom_kills").asLong()).isEqualTo(1);
    assertThat(receipt.get("memory_limit").asLong()).isEqualTo(32L << 20);
    jstack.jstack("ps", "-a").prints("out of memory (limit 32m, peak 32m)");
    jstack.jstack("report").exits(0).prints("143 SIGTERM OOM");
  }

  @Test
  void whatIsOverItsBudgetIsSaidAtTheLineAndGivesTwo() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          good:
            rootfs: ROOTFS
            network_mode: none
            command: [/probe, exit, "3"]
            expect: {exit_code: 3, memory_peak: 100m, cpu_time: 10s, wall: 1m}
          big:
            rootfs: ROOTFS
            network_mode: none
            command: [/probe, eat, "50000000"]
            expect: {memory_peak: 10m}
        """);
    jstack.jstack("up", "good").exits(0);
    assertThat(receipts(0).get(0).get("passed").asBoolean()).isTrue();
    Jstack.Result up = jstack.jstack("up").exits(2);
    assertThat(up.err())
        .containsPattern(
            "jstack.yaml:12:27: error: services.big.expect.memory_peak: big-1 took \\d+[km]? of"
                + " memory, more than 10m\n   12 \\|     expect: \\{memory_peak: 10m\\}");
    Jstack.Result report = jstack.jstack("report").exits(2);
    assertThat(report.out()).contains("FAILED memory_peak").containsPattern("good-1 .* ok\n");
    report.says("jstack.yaml:12:27: error: services.big.expect.memory_peak: big-1 took");
    jstack.jstack("report", "good").exits(0);
    JsonNode big = byService(2).get("big");
    assertThat(big.get("passed").asBoolean()).isFalse();
    assertThat(big.get("failures").get(0).get("place").asText()).isEqualTo("jstack.yaml:12:27");
    // The budgets are those of the manifest as it is now; nobody is made anew for them.
    Path manifest = folder.resolve("jstack.yaml");
    String text = Files.readString(manifest);
    Files.writeString(manifest, text.replace("memory_peak: 10m", "memory_peak: 90m"));
    jstack.jstack("plan", "--exit-code", "good").exits(2); // it has ended, so it would start
    jstack.jstack("report").exits(0);
    Files.writeString(manifest, text.replace("exit_code: 3", "exit_code: 4"));
    jstack
        .jstack("report", "good")
        .exits(2)
        .says("services.good.expect.exit_code: good-1 exited with code 3; expected is 4");
    Files.delete(manifest);
    jstack.jstack("-p", "demo", "report").exits(0).says("no budget is checked");
  }

  @Test
  void junitReadsTheReport() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          fine: {rootfs: ROOTFS, network_mode: none, command: [/probe, echo, "<a> & ]]>"]}
          three: {rootfs: ROOTFS, network_mode: none, command: [/probe, exit, "3"]}
          big:
            rootfs: ROOTFS
            network_mode: none
            command: [/probe, eat, "50000000"]
            expect: {memory_peak: 10m, wall: 1ns}
        """);
    jstack.jstack("up").exits(2);
    Document report = xml(jstack.jstack("report", "--format", "junit").exits(2).out());
    Element suite = (Element) report.getElementsByTagName("testsuite").item(0);
    assertThat(suite.getAttribute("tests")).isEqualTo("3");
    assertThat(suite.getAttribute("failures")).isEqualTo("2");
    Map<String, Element> cases = new HashMap<>();
    for (int i = 0; i < report.getElementsByTagName("testcase").getLength(); i++) {
      Element each = (Element) report.getElementsByTagName("testcase").item(i);
      cases.put(each.getAttribute("name"), each);
    }
    assertThat(cases).containsOnlyKeys("fine-1", "three-1", "big-1");
    assertThat(cases.get("fine-1").getElementsByTagName("failure").getLength()).isZero();
    assertThat(cases.get("fine-1").getTextContent()).contains("<a> & ]]>");
    assertThat(cases.get("three-1").getTextContent()).contains("three-1 exited with code 3");
    assertThat(cases.get("big-1").getElementsByTagName("failure").item(0).getTextContent())
        .contains("services.big.expect.memory_peak", "services.big.expect.wall", "jstack.yaml:9:");
    assertThat(Double.parseDouble(cases.get("big-1").getAttribute("time"))).isPositive();
  }

  private static Document xml(String text) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void aRunOnceGivesItsReceiptToAFileAndIsHeldToItsOwnCommandOnly() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          job:
            rootfs: ROOTFS
            network_mode: none
            command: [/probe, exit, "3"]
            expect: {exit_code: 3}
          slow:
            rootfs: ROOTFS
            network_mode: none
            command: [/probe, burn, "50"]
            expect: {cpu_time: 1ms}
        """);
    jstack.jstack("run", "--rm", "--receipt", "r.json", "-T", "job").exits(0);
    JsonNode receipt = readReceipt();
    assertThat(receipt.get("exit_code").asInt()).isEqualTo(3);
    assertThat(receipt.get("passed").asBoolean()).isTrue();
    assertThat(receipt.get("manifest_digest").asText()).hasSize(64);
    jstack.jstack("run", "--rm", "-T", "job", "/probe", "exit", "5").exits(5);
    jstack.jstack("run", "--rm", "-T", "job", "/probe", "exit", "3").exits(3);
    jstack
        .jstack("run", "--rm", "--receipt=r.json", "-T", "slow")
        .exits(2)
        .says("services.slow.expect.cpu_time: slow-run-")
        .says("of CPU time, more than 0.001 s");
    assertThat(readReceipt().get("failures").get(0).get("key").asText()).isEqualTo("cpu_time");
    Path victim = Files.writeString(folder.resolve("victim"), "untouched");
    Files.createSymbolicLink(folder.resolve("link.json"), victim);
    jstack.jstack("run", "--rm", "--receipt", "link.json", "-T", "job").exits(125).says("link");
    assertThat(victim).hasContent("untouched");
    jstack
        .jstack("run", "--receipt", "nowhere/r.json", "-T", "job")
        .exits(125)
        .says("cannot write nowhere/r.json: no such directory");
    jstack
        .jstack("run", "--receipt", "/dev/full", "-T", "job")
        .exits(125)
        .says("cannot write /dev/full: No space left on device")
        .says("ended with exit code 3");
    jstack.jstack("run", "--rm", "--receipt", "r.json", "-T", "job", "/nothing").exits(127);
    assertThat(folder.resolve("r.json")).isEmptyFile();
  }

  private JsonNode readReceipt() throws IOException {
    return mapper.readTree(Files.readString(folder.resolve("r.json")));
  }
}
