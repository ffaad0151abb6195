package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.linux.Namespace;
import jstack.support.Command;
import jstack.support.Eventually;
import jstack.support.Host;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each kind of namespace from each source, in one stack: the inode of the kernel tells. */
@Tag("kernel")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NamespaceMatrixScenario {
  private static final List<String> SOURCES = List.of("new", "host", "service", "named", "path");

  private record Cell(Namespace kind, String source) {
    String service() {
      return kind.key() + "-" + source;
    }
  }

  private Jstack jstack;
  private Process unshared;
  private long stranger;
  private Map<String, String> named;
  private Map<String, Long> pids;

  static List<Cell> cells() {
    List<Cell> cells = new ArrayList<>();
    for (Namespace kind : Namespace.values()) {
      SOURCES.forEach(source -> cells.add(new Cell(kind, source)));
    }
    return cells;
  }

  @BeforeAll
  void begin(@TempDir Path folder) throws Exception {
    jstack = new Jstack(folder);
    unshared =
        new ProcessBuilder(
                "unshare",
                "--mount",
                "--uts",
                "--ipc",
                "--net",
                "--pid",
                "--user",
                "--cgroup",
                "--time",
                "--map-root-user",
                "--fork",
                "--kill-child",
                "sleep",
                "1000")
            .start();
    Eventually.check(
        () -> {
          stranger = child(unshared.pid());
          assertThat(Files.readString(Path.of("/proc/" + stranger + "/comm"))).contains("sleep");
        });
    jstack.manifest(manifest());
    jstack.jstack("up", "-d").exits(0);
    pids = jstack.pids();
    named = new LinkedHashMap<>();
    for (String line : jstack.jstack("ns", "ls", "--format", "json").exits(0).out().split("\n")) {
      String name = line.replaceAll(".*\"name\":\"([^\"]*)\".*", "$1");
      String inode = line.replaceAll(".*\"inode\":(\\d+).*", "$1");
      named.put(name, inode);
    }
  }

  private static long child(long pid) throws Exception {
    String text = Files.readString(Path.of("/proc/" + pid + "/task/" + pid + "/children"));
    return Long.parseLong(text.trim());
  }

  @AfterAll
  void end() throws Exception {
    unshared.destroyForcibly().waitFor();
    jstack.close();
  }

  private String manifest() {
    StringBuilder text = new StringBuilder("name: matrix\nnamespaces:\n");
    for (Namespace kind : Namespace.values()) {
      text.append("  n-").append(kind.key()).append(": ").append(kind.key()).append('\n');
    }
    text.append("services:\n  owner:\n    rootfs: ROOTFS\n    command: [/probe, sleep]\n");
    text.append("    namespaces: {time: new}\n    network_mode: none\n");
    for (Cell cell : cells()) {
      text.append("  ").append(cell.service()).append(":\n");
      boolean tree = cell.kind() != Namespace.MOUNT || cell.source().equals("new");
      boolean probe = tree || cell.source().equals("service");
      text.append(tree ? "    rootfs: ROOTFS\n" : "");
      text.append("    command: ").append(probe ? "[/probe, sleep]" : "[sleep, \"1000\"]");
      text.append("\n    namespaces: {").append(cell.kind().key()).append(": ");
      // The owner's /proc shows only those in the owner's pid namespace.
      boolean proc = cell.kind() == Namespace.MOUNT && cell.source().equals("service");
      text.append(source(cell)).append(proc ? ", pid: \"service:owner\"}\n" : "}\n");
      text.append(allowed(cell));
      if (cell.kind() != Namespace.NETWORK) {
        text.append("    network_mode: none\n");
      }
    }
    return text.toString();
  }

  private static String allowed(Cell cell) {
    boolean host = cell.source().equals("host") && cell.kind() != Namespace.TIME;
    String name = host ? "host-" + cell.kind().key() : "namespace-path";
    boolean needed = host || cell.source().equals("path");
    return needed ? "    security: {allow: [" + name + "]}\n" : "";
  }

  private String source(Cell cell) {
    return switch (cell.source()) {
      case "service" -> "\"service:owner\"";
      case "named" -> "n-" + cell.kind().key();
      case "path" -> "{path: /proc/" + stranger + "/ns/" + cell.kind().procName() + "}";
      default -> cell.source();
    };
  }

  @ParameterizedTest
  @MethodSource("cells")
  void aNamespaceComesFromWhereTheManifestSays(Cell cell) throws Exception {
    String file = cell.kind().procName();
    String seen = Jstack.namespace(pids.get(cell.service() + "-1"), file);
    String host = Files.readSymbolicLink(Path.of("/proc/self/ns/" + file)).toString();
    String owner = Jstack.namespace(pids.get("owner-1"), file);
    switch (cell.source()) {
      case "new" -> assertThat(seen).isNotEqualTo(host).isNotEqualTo(owner);
      case "host" -> assertThat(seen).isEqualTo(host);
      case "service" -> assertThat(seen).isEqualTo(owner);
      case "named" ->
          assertThat(seen).isEqualTo(file + ":[" + named.get("n-" + cell.kind().key()) + "]");
      default ->
          assertThat(seen)
              .isEqualTo(
                  Files.readSymbolicLink(Path.of("/proc/" + stranger + "/ns/" + file)).toString());
    }
  }

  @ParameterizedTest
  @MethodSource("cells")
  void execIsWhereTheContainerIs(Cell cell) throws Exception {
    boolean probe =
        cell.kind() != Namespace.MOUNT || List.of("new", "service").contains(cell.source());
    String file = cell.kind().procName();
    String[] words =
        probe
            ? new String[] {"exec", "-T", cell.service(), "/probe", "show"}
            : new String[] {"exec", "-T", cell.service(), "readlink", "/proc/self/ns/" + file};
    String inode = Jstack.namespace(pids.get(cell.service() + "-1"), file).replaceAll("\\D", "");
    assertThat(jstack.jstack(words).exits(0).out()).contains(inode);
  }

  @org.junit.jupiter.api.Test
  void namedNetworksAreThoseOfIpNetns() throws Exception {
    Host.needsTool("/usr/sbin/ip");
    assertThat(Command.output("ip", "netns", "list")).contains(".matrix.@n-network");
  }
}
