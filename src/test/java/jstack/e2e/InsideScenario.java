package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a process sees from inside a container: the kernel's word, not ours. */
@Tag("kernel")
class InsideScenario {
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

  private JsonNode probe(String service) throws Exception {
    jstack.manifest(
        "name: demo\nservices:\n  web:\n    rootfs: ROOTFS\n    command: [/probe]\n" + service);
    return new ObjectMapper().readTree(jstack.jstack("up", "--no-log-prefix").exits(0).out());
  }

  private static String status(JsonNode seen, String key) {
    for (JsonNode line : seen.get("status")) {
      if (line.asText().startsWith(key + ":")) {
        return line.asText().substring(key.length() + 1).strip();
      }
    }
    throw new AssertionError("no " + key);
  }

  private static String mount(JsonNode seen, String point) {
    for (JsonNode line : seen.get("mountinfo")) {
      String[] parts = line.asText().split(" ", -1);
      if (parts[4].equals(point)) {
        return line.asText();
      }
    }
    throw new AssertionError("nothing is mounted on " + point);
  }

  @Test
  void everyNamespaceIsItsOwnButTheUsersAndTheTimes() throws Exception {
    JsonNode seen = probe("");
    for (String name : List.of("mnt", "uts", "ipc", "pid", "net", "cgroup")) {
      String own = Files.readSymbolicLink(Path.of("/proc/self/ns/" + name)).toString();
      assertThat(seen.get("namespaces").get(name).asText()).as(name).isNotEqualTo(own);
    }
    assertThat(seen.get("pid").asInt()).isEqualTo(2);
    assertThat(seen.get("ppid").asInt()).isEqualTo(1);
    assertThat(seen.get("loopback_up").asBoolean()).isTrue();
    for (JsonNode line : seen.get("cgroup")) {
      assertThat(line.asText()).doesNotContain("jstack");
    }
  }

  @Test
  void theHostnameStaysInside() throws Exception {
    String here = InetAddress.getLocalHost().getHostName();
    JsonNode seen = probe("    hostname: my-new-hostname\n    domainname: example.org\n");
    assertThat(seen.get("hostname").asText()).isEqualTo("my-new-hostname");
    assertThat(seen.get("domainname").asText()).isEqualTo("example.org");
    assertThat(InetAddress.getLocalHost().getHostName()).isEqualTo(here);
  }

  @Test
  void theCommandIsARootWithEightCapabilitiesAndNoWayToMore() throws Exception {
    JsonNode seen = probe("");
    assertThat(status(seen, "CapEff")).isEqualTo("00000000000004fb");
    assertThat(status(seen, "CapPrm")).isEqualTo("00000000000004fb");
    assertThat(status(seen, "CapBnd")).isEqualTo("00000000000004fb");
    assertThat(status(seen, "CapInh")).isEqualTo("0000000000000000");
    assertThat(status(seen, "CapAmb")).isEqualTo("0000000000000000");
    assertThat(status(seen, "NoNewPrivs")).isEqualTo("1");
    assertThat(status(seen, "SigBlk")).isEqualTo("0000000000000000");
    assertThat(status(seen, "SigIgn")).isEqualTo("0000000000000000");
    assertThat(status(seen, "Groups")).isEmpty();
    assertThat(seen.get("core").asLong()).isZero();
    assertThat(seen.get("umask").asText()).isEqualTo("022");
  }

  @Test
  void aUserByNameHasItsIdsItsHomeAndNoCapability() throws Exception {
    JsonNode seen = probe("    user: web\n    group_add: [more]\n");
    assertThat(seen.get("uid").asInt()).isEqualTo(1000);
    assertThat(seen.get("gid").asInt()).isEqualTo(1001);
    assertThat(status(seen, "Groups")).isEqualTo("1002");
    assertThat(status(seen, "CapEff")).isEqualTo("0000000000000000");
    assertThat(status(seen, "CapPrm")).isEqualTo("0000000000000000");
    assertThat(texts(seen.get("environment"))).contains("HOME=/srv/web");
  }

  @Test
  void onlyThreeDescriptorsAreOpenAndNothingOfTheCallersEnvironmentIsThere() throws Exception {
    JsonNode seen = probe("    environment: {A: \"1\", B: two words}\n");
    List<String> open = new ArrayList<>();
    seen.get("fds").fieldNames().forEachRemaining(open::add);
    assertThat(open).containsExactlyInAnyOrder("0", "1", "2");
    assertThat(texts(seen.get("environment")))
        .containsExactlyInAnyOrder(
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOSTNAME=web",
            "A=1",
            "B=two words",
            "HOME=/root");
    assertThat(seen.get("cwd").asText()).isEqualTo("/");
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(node -> texts.add(node.asText()));
    return texts;
  }

  @Test
  void theKernelsFileSystemsAreThereAndClosed() throws Exception {
    JsonNode seen = probe("    shm_size: 1m\n    tmpfs: [/scratch]\n");
    assertThat(mount(seen, "/")).contains(" rw,nosuid,nodev").contains(" - overlay ");
    assertThat(mount(seen, "/proc")).contains("nosuid,nodev,noexec").contains(" - proc ");
    assertThat(mount(seen, "/sys")).contains(" ro,nosuid,nodev,noexec").contains(" - sysfs ");
    assertThat(mount(seen, "/dev")).contains(" ro,nosuid,noexec").contains(" - tmpfs ");
    assertThat(mount(seen, "/dev/pts")).contains(" - devpts ");
    assertThat(mount(seen, "/dev/shm")).contains("size=1024k");
    assertThat(mount(seen, "/dev/mqueue")).contains(" - mqueue ");
    assertThat(mount(seen, "/proc/sys")).contains(" ro,");
    assertThat(mount(seen, "/proc/keys")).contains(" - devtmpfs ");
    assertThat(mount(seen, "/sys/firmware")).contains(" ro,");
    assertThat(mount(seen, "/scratch")).contains("nosuid,nodev").contains(" - tmpfs ");
    seen.get("mountinfo")
        .forEach(line -> assertThat(line.asText()).as("no propagation").doesNotContain("shared:"));
  }

  @Test
  void aReadOnlyBindCannotBeWrittenNorWhatIsMountedBelowIt() throws Exception {
    Files.createDirectories(folder.resolve("ro"));
    Files.createDirectories(folder.resolve("rw"));
    Files.writeString(folder.resolve("ro/hi.txt"), "hello\n");
    jstack.manifest(
        """
        name: demo
        services:
          ro: {rootfs: ROOTFS, command: [/probe, write, /data/hi.txt, bye], mounts: ["./ro:/data:ro"]}
          rw: {rootfs: ROOTFS, command: [/probe, write, /a/b/new.txt, bye], mounts: ["./rw:/a/b"]}
          file: {rootfs: ROOTFS, command: [/probe, cat, /etc/hi], mounts: ["./ro/hi.txt:/etc/hi:ro"]}
        """);
    String out = jstack.jstack("up").out();
    assertThat(out)
        .contains("ro-1    | EROFS")
        .contains("rw-1    | ok")
        .contains("file-1  | hello");
    assertThat(folder.resolve("ro/hi.txt")).hasContent("hello\n");
    assertThat(folder.resolve("rw/new.txt")).hasContent("bye");
  }

  @Test
  void aReadOnlyRootCannotBeWritten() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          a: {rootfs: ROOTFS, read_only: true, tmpfs: [/tmp], command: [/probe, write, /new, x]}
          b: {rootfs: {path: ROOTFS, mode: readonly}, command: [/probe, write, /new, x]}
          c: {rootfs: {path: ROOTFS, mode: ephemeral}, command: [/probe, write, /new, x]}
          d: {rootfs: ROOTFS, read_only: true, tmpfs: [/tmp], command: [/probe, write, /tmp/new, x]}
        """);
    assertThat(jstack.jstack("up").out().lines())
        .containsExactlyInAnyOrder("a-1  | EROFS", "b-1  | EROFS", "c-1  | ok", "d-1  | ok");
  }

  @Test
  void theLimitsStandInTheKernelsFiles() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          a:
            rootfs: ROOTFS
            command: [/probe, sleep]
            cgroup:
              memory: {max: 100m, swappiness: 0}
              cpu: {max: 0.5, weight: 200}
              pids: {max: 64}
        """);
    jstack.jstack("up", "-d").exits(0);
    assertThat(kernel(jstack.cgroup("memory"), "demo/a-1/memory.limit_in_bytes"))
        .isEqualTo("104857600");
    assertThat(kernel(jstack.cgroup("memory"), "demo/a-1/memory.memsw.limit_in_bytes"))
        .isEqualTo("104857600");
    assertThat(kernel(jstack.cgroup("memory"), "demo/a-1/memory.swappiness")).isEqualTo("0");
    assertThat(kernel(jstack.cgroup("cpu"), "demo/a-1/cpu.cfs_quota_us")).isEqualTo("50000");
    assertThat(kernel(jstack.cgroup("cpu"), "demo/a-1/cpu.shares")).isEqualTo("2048");
    assertThat(kernel(jstack.cgroup("pids"), "demo/a-1/pids.max")).isEqualTo("64");
    String pid = Long.toString(jstack.pid("a-1"));
    assertThat(Files.readAllLines(jstack.cgroup("memory").resolve("demo/a-1/cgroup.procs")))
        .contains(pid);
  }

  private static String kernel(Path cgroups, String file) throws Exception {
    return Files.readString(cgroups.resolve(file)).strip();
  }

  @Test
  void aHogIsKilledInsideAndTheMachineGoesOn() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          hog: {rootfs: ROOTFS, command: [/probe, eat, "200000000"], cgroup: {memory: 100000000}}
        """);
    jstack.jstack("up").exits(1).says("hog-1  exited with code 137");
  }

  @Test
  void aProcessInsideNeitherSeesNorKillsOneOutside() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          see: {rootfs: ROOTFS, command: [/probe, processes]}
          kill: {rootfs: ROOTFS, command: [/probe, kill, "%d"]}
        """
            .formatted(ProcessHandle.current().pid()));
    assertThat(jstack.jstack("up").out().lines())
        .containsExactlyInAnyOrder("see-1   | 2 living, 0 zombies", "kill-1  | ESRCH");
  }

  @Test
  void orphansAreReaped() throws Exception {
    jstack.manifest(
        "name: demo\nservices:\n  a: {rootfs: ROOTFS, command: [/probe, orphans, \"500\"]}\n");
    jstack.jstack("up", "--no-log-prefix").exits(0);
    jstack.manifest("name: demo\nservices:\n  a: {rootfs: ROOTFS, command: [/probe, sleep]}\n");
    jstack.jstack("up", "-d").exits(0);
    jstack.jstack("exec", "a", "/probe", "orphans", "200").exits(0);
    assertThat(jstack.jstack("exec", "a", "/probe", "processes").out()).endsWith(" 0 zombies\n");
  }
}
