package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import jstack.support.Attacks;
import jstack.support.Command;
import jstack.support.Host;
import jstack.support.Victim;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Trees that want what is mounted, made, masked or read in them to hit the machine (CVE-2019-19921,
 * CVE-2025-31133, CVE-2025-52565, CVE-2026-41579, CVE-2024-9676, CVE-2024-23652).
 */
@Tag("kernel")
class HostileRootfsScenario {
  private static final String TWIN = "twin: a path followed on the machine reaches the victim";

  @TempDir Path folder;
  private Jstack jstack;
  private Victim victim;
  private String outside;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
    victim = Victim.make(folder.resolve("victim"));
    outside = victim.folder().toString();
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
    victim.isAsItWas();
  }

  private Path tree(String name) throws IOException {
    Path root = Files.createDirectories(folder.resolve("trees").resolve(name));
    Files.createLink(root.resolve("probe"), jstack.probeRootfs().resolve("probe"));
    return root;
  }

  private Path link(String name, String at, String to) throws IOException {
    Path path = tree(name).resolve(at);
    Files.createDirectories(path.getParent());
    return Files.createSymbolicLink(path, Path.of(to));
  }

  private String service(String name, String more) {
    return "  %s: {rootfs: %s/trees/%s, command: [/probe, sleep], network_mode: none%s}\n"
        .formatted(name, folder, name, more);
  }

  @Test
  void aTreeWhoseKernelFoldersAreNoneIsRefusedByName() throws Exception {
    link("proc-link", "proc", "/bad");
    Path naive = link("proc-out", "proc", outside);
    link("sys-out", "sys", outside);
    link("dev-out", "dev", outside);
    link("dev-up", "dev", "../../../../../../../.." + outside);
    Files.writeString(tree("proc-file").resolve("proc"), "no folder");
    assertThat(Files.exists(naive.resolve("secret"))).as(TWIN).isTrue();
    List<String> names =
        List.of("proc-link", "proc-out", "sys-out", "dev-out", "dev-up", "proc-file");
    StringBuilder manifest = new StringBuilder("name: demo\nservices:\n");
    names.forEach(name -> manifest.append(service(name, "")));
    manifest.append(
        service("dev-mapless", ", namespaces: {user: host}, security: {allow: [host-user]}"));
    link("dev-mapless", "dev", outside);
    link("way", "v", outside);
    link("up", "v", "../../../../../../../.." + outside);
    Files.createDirectories(folder.resolve("given"));
    for (String name : List.of("way", "up")) {
      String mounts = ", tmpfs: [/v/x/deep], mounts: [\"./given:/v/y/new\"]";
      manifest.append(
          service(name, mounts + ", namespaces: {user: host}, security: {allow: [host-user]}"));
    }
    Attacks report = new Attacks("hostile trees");
    jstack.manifest(manifest.toString());
    String said = jstack.jstack("up", "-d").err();
    for (String name : names) {
      assertThat(said).contains("services." + name);
      String place = "/" + name.substring(0, name.indexOf('-'));
      assertThat(said).contains("in the rootfs " + place + " is, or lies behind, a symbolic link");
      report.stopped(name, "refused by name", TWIN);
    }
    for (String name : List.of("way", "up")) {
      assertThat(said).contains("services." + name + ".mounts[0]: cannot make /v/");
      report.stopped("mounts behind a link: " + name, "refused", TWIN);
    }
    assertThat(said).contains("in dev-mapless-1").contains("cannot make /proc in the container");
    assertThat(jstack.jstack("ps", "-q").out()).isEmpty();
    victim.isAsItWas();
    report.write();
  }

  @Test
  void linksToOutsideLeadToTheContainersOwnFiles() throws Exception {
    link("devnull", "dev/null", "/proc/sys/kernel/core_pattern");
    link("console", "dev/console", outside + "/target");
    link("pts", "dev/pts", outside);
    link("hosts", "etc/hosts", outside + "/target");
    Files.createDirectories(folder.resolve("trees/hosts" + outside));
    Files.writeString(folder.resolve("trees/hosts" + outside + "/target"), "");
    link("etc", "etc", outside);
    Path fifo = tree("fifo").resolve("dev");
    Files.createDirectories(fifo);
    assertThat(Command.run("mkfifo", fifo.resolve("null").toString()).code()).isZero();
    String pattern = Command.output("cat", "/proc/sys/kernel/core_pattern");
    StringBuilder manifest = new StringBuilder("name: demo\nservices:\n");
    List<String> names = List.of("devnull", "console", "pts", "hosts", "etc", "fifo");
    for (String name : names) {
      manifest.append(service(name, ", namespaces: {user: host}, security: {allow: [host-user]}"));
    }
    jstack.manifest(manifest.toString());
    jstack.jstack("up", "-d").exits(0);
    Attacks report = new Attacks("links in a tree");
    for (String name : names) {
      long pid = Jstack.command(jstack.pid(name + "-1"));
      List<String> broken = new DefaultWalls(pid).broken();
      broken.removeIf(line -> line.startsWith("own namespace net"));
      assertThat(broken).as(name).isEmpty();
      report.stopped(name, "every wall stands", TWIN);
    }
    assertThat(Command.output("cat", "/proc/sys/kernel/core_pattern")).isEqualTo(pattern);
    victim.isAsItWas();
    report.write();
  }

  @Test
  void usersAreReadFromFilesOfTheContainerAlone() throws Exception {
    String line = "web:x:1000:1000::/:\n";
    Path passwd = Files.writeString(folder.resolve("passwd"), line);
    link("link", "etc/passwd", passwd.toString());
    Path fifo = Files.createDirectories(tree("fifo").resolve("etc")).resolve("passwd");
    assertThat(Command.run("mkfifo", fifo.toString()).code()).isZero();
    Path sparse = Files.createDirectories(tree("sparse").resolve("etc")).resolve("passwd");
    assertThat(Command.run("truncate", "-s", "10G", sparse.toString()).code()).isZero();
    file("long", "x".repeat(2_000_000) + "\n" + line);
    file("minus", "web:x:-1:1000::/:\n");
    file("huge", "web:x:4294967295:0::/:\n");
    file("hex", "web:x:0x0:0::/:\n");
    file("empty", "web:x::0::/:\n");
    file("short", "web\n");
    List<String> bad =
        List.of("link", "fifo", "sparse", "long", "minus", "huge", "hex", "empty", "short");
    StringBuilder manifest = new StringBuilder("name: demo\nservices:\n");
    bad.forEach(name -> manifest.append(service(name, ", user: web")));
    jstack.manifest(manifest.toString());
    long start = System.nanoTime();
    String said = jstack.jstack("up", "-d").err();
    assertThat(System.nanoTime() - start).isLessThan(30_000_000_000L);
    Attacks report = new Attacks("users of a tree");
    for (String name : bad) {
      assertThat(said).as(name).contains("services." + name + ".user: cannot become user web");
      report.stopped(name, "refused", "twin: a good file names user 1000");
    }
    assertThat(jstack.jstack("ps", "-q").out()).isEmpty();
    file("good", line + "web:x:0:0::/:\n");
    jstack.jstack("down").exits(0);
    jstack.manifest("name: demo\nservices:\n" + service("good", ", user: web"));
    jstack.jstack("up", "-d").exits(0);
    JsonIds.isUser(jstack.jstack("exec", "good", "/probe").out(), 1000, 1000);
    String[][] wrong = {
      {"1000:"},
      {":1000"},
      {"1000abc"},
      {" 0"},
      {"-1"},
      {"1e3"},
      {"1000:1000:1"},
      {""},
      {"5000000000"},
      {"0x0"},
      {"root\n"},
      {"4294967295"}
    };
    for (String[] user : wrong) {
      Jstack.Result result = jstack.jstack("exec", "-u", user[0], "good", "/probe");
      assertThat(result.code()).as(user[0]).isIn(64, 125);
      assertThat(result.out()).isEmpty();
      report.stopped(
          "exec -u '" + user[0].strip() + "'", "refused", "twin: 1000:7 is exactly that");
    }
    JsonIds.isUser(jstack.jstack("exec", "-u", "1000:7", "good", "/probe").out(), 1000, 7);
    report.write();
  }

  private void file(String name, String text) throws IOException {
    Path etc = Files.createDirectories(tree(name).resolve("etc"));
    Files.writeString(etc.resolve("passwd"), text);
  }

  private static final class JsonIds {
    static void isUser(String json, int uid, int gid) {
      assertThat(json).contains("\"uid\": " + uid + ", \"gid\": " + gid + ",");
    }
  }

  @Test
  void whatAContainerLeftIsRemovedWithoutFollowingIt() throws Exception {
    Files.copy(Host.atk(), jstack.probeRootfs().resolve("atk"));
    jstack.manifest(
        """
        name: demo
        services:
          plain: {rootfs: ROOTFS, command: [/probe, sleep], network_mode: none}
        """);
    jstack.jstack("up", "-d").exits(0);
    jstack.jstack("exec", "plain", "/atk", "deep", "10000").prints("done");
    Path upper;
    try (Stream<Path> all = Files.walk(jstack.home().resolve("containers"), 4)) {
      upper = all.filter(p -> p.endsWith("upper")).findFirst().orElseThrow();
    }
    Path out = Files.createSymbolicLink(upper.resolve("out"), victim.folder());
    Files.createSymbolicLink(upper.resolve("top"), Path.of("/"));
    try (Stream<Path> naive = Files.walk(out, FileVisitOption.FOLLOW_LINKS)) {
      assertThat(naive.anyMatch(p -> p.endsWith("secret"))).as(TWIN).isTrue();
    }
    jstack.jstack("down", "-v").exits(0);
    assertThat(upper).doesNotExist();
    victim.isAsItWas();
    Attacks report = new Attacks("what is removed");
    report.stopped("a link to the victim", "the link went, the victim did not", TWIN);
    report.stopped("a link to /", "the link went", TWIN);
    report.stopped("10000 folders in each other", "all gone", "twin: no path is that long");
    report.write();
  }
}
