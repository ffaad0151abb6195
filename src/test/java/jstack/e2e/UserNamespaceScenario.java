package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import jstack.support.Command;
import jstack.support.Eventually;
import jstack.support.Host;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Root inside is nobody outside, and files have the owners that a user expects. */
@Tag("kernel")
class UserNamespaceScenario {
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

  private Jstack.Result sh(String service, String script) throws Exception {
    return jstack.jstack("exec", "-T", service, "sh", "-c", script);
  }

  private static String owner(Path file) throws Exception {
    return Files.getAttribute(file, "unix:uid") + ":" + Files.getAttribute(file, "unix:gid");
  }

  @Test
  void eachContainerHasIdsOfItsOwnAndRootIsNobodyOutside() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          a: {rootfs: BUSYBOX, command: [sleep, "1000"]}
          b: {rootfs: BUSYBOX, command: [sleep, "1000"]}
        """);
    jstack.jstack("up", "-d").exits(0);
    long a = hostUid("a-1");
    long b = hostUid("b-1");
    assertThat(a).isGreaterThan(600_000_000L).isNotEqualTo(b);
    assertThat(sh("a", "id -u; cat /proc/self/uid_map").out().split("\\s+"))
        .containsExactly("0", "0", Long.toString(a), "65536");
    jstack.jstack("up", "-d", "--force-recreate").exits(0);
    assertThat(hostUid("a-1")).as("the same ids for what it wrote").isEqualTo(a);
    String once = jstack.jstack("run", "--rm", "-T", "a", "cat", "/proc/self/uid_map").out();
    assertThat(Long.parseLong(once.strip().split("\\s+")[1]))
        .as("of a run, too")
        .isGreaterThan(600_000_000L)
        .isNotEqualTo(a)
        .isNotEqualTo(b);
  }

  @Test
  void aRootThatHasBrokenOutToTheMachinesFilesIsNobodyThere() throws Exception {
    Path secret = Files.writeString(folder.resolve("secret"), "x");
    Command.output("chmod", "600", secret.toString());
    Path open = Files.createDirectories(folder.resolve("open"));
    Command.output("chmod", "777", open.toString());
    Command.output("chmod", "711", folder.toString());
    String out =
        """
        name: demo
        services:
          out:
            command: [sleep, "1000"]
            network_mode: none
            namespaces: {mount: host}
            security: {allow: [host-mountMORE]}
        """;
    jstack.manifest(out.replace("MORE", ""));
    jstack.jstack("up", "-d").exits(0);
    assertThat(sh("out", "id -u").out()).isEqualTo("0\n");
    sh("out", "cat " + secret).says("Permission denied");
    sh("out", "touch " + open + "/made").exits(0);
    long owner = Long.parseLong(Files.getAttribute(open.resolve("made"), "unix:uid").toString());
    assertThat(owner).isEqualTo(hostUid("out-1")).isGreaterThan(600_000_000L);
    // The wall away: the same root is the machine's.
    jstack.manifest(
        out.replace("MORE", ", host-user").replace("{mount: host}", "{mount: host, user: host}"));
    jstack.jstack("up", "-d").exits(0);
    assertThat(sh("out", "cat " + secret).exits(0).out()).isEqualTo("x");
  }

  private long hostUid(String container) throws Exception {
    return Long.parseLong(
        Files.getAttribute(Path.of("/proc/" + Jstack.command(jstack.pid(container))), "unix:uid")
            .toString());
  }

  @Test
  void ownersOfTheRootfsAreThoseOnDiskAndNothingIsCopied() throws Exception {
    Path root = jstack.busyboxRootfs();
    Path his = Files.writeString(root.resolve("etc/his"), "x");
    Command.output("chown", "1000:1000", his.toString());
    Map<String, String> before = tree(root);
    jstack.manifest(
        """
        name: demo
        services:
          a: {rootfs: BUSYBOX, command: [sleep, "1000"]}
        """);
    jstack.jstack("up", "-d").exits(0);
    assertThat(sh("a", "stat -c '%u:%g' /etc/passwd /etc/his /bin/busybox").out())
        .isEqualTo("0:0\n1000:1000\n0:0\n");
    sh("a", "echo more >> /etc/his && chown 5:6 /etc/passwd").exits(0);
    assertThat(sh("a", "stat -c '%u:%g' /etc/passwd /etc/his").out()).isEqualTo("5:6\n1000:1000\n");
    assertThat(tree(root)).isEqualTo(before);
    // Only what was written to is in the layer, with the container's own ids.
    Map<String, String> layer = new TreeMap<>();
    try (Stream<Path> files = Files.walk(jstack.home().resolve("containers"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        layer.put(file.getFileName().toString(), owner(file));
      }
    }
    long first = hostUid("a-1");
    assertThat(layer).containsKeys("his", "passwd").doesNotContainKey("busybox");
    assertThat(layer.get("his")).isEqualTo((first + 1000) + ":" + (first + 1000));
    assertThat(layer.get("passwd")).isEqualTo((first + 5) + ":" + (first + 6));
  }

  private static Map<String, String> tree(Path root) throws Exception {
    Map<String, String> tree = new TreeMap<>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.toList()) {
        PosixFileAttributes attributes =
            Files.readAttributes(
                file, PosixFileAttributes.class, java.nio.file.LinkOption.NOFOLLOW_LINKS);
        tree.put(
            file.toString(),
            attributes.owner() + " " + attributes.size() + " " + attributes.lastModifiedTime());
      }
    }
    return tree;
  }

  @Test
  void whatIsWrittenThroughABindHasTheOwnerThatItHasInside() throws Exception {
    Path shared = Files.createDirectories(folder.resolve("src"));
    Command.output("chown", "1000:1000", shared.toString());
    Files.writeString(shared.resolve("of-root"), "x");
    jstack.manifest(
        """
        name: demo
        services:
          root: {rootfs: BUSYBOX, command: [sleep, "1000"], mounts: ["./src:/src"]}
          user: {rootfs: BUSYBOX, command: [sleep, "1000"], mounts: ["./src:/src"], user: "1000:1000"}
        """);
    jstack.jstack("up", "-d").exits(0);
    sh("root", "echo x > /src/by-root; chown 1000 /src/of-root").exits(0);
    sh("user", "echo x > /src/by-user").exits(0);
    assertThat(owner(shared.resolve("by-root"))).isEqualTo("0:0");
    assertThat(owner(shared.resolve("by-user"))).isEqualTo("1000:1000");
    assertThat(owner(shared.resolve("of-root"))).isEqualTo("1000:0");
    sh("user", "echo x > /src/by-root").says("Permission denied");
  }

  @Test
  void everyUserMayOpenItsOwnOutputByName() throws Exception {
    String script = "echo by name > /dev/stdout; echo wrong > /dev/stderr; exec sleep 1000";
    jstack.manifest(
        """
        name: demo
        services:
          root: {rootfs: BUSYBOX, command: [sh, -c, "SCRIPT"]}
          user: {rootfs: BUSYBOX, command: [sh, -c, "SCRIPT"], user: "1000:1000"}
        """
            .replace("SCRIPT", script));
    jstack.jstack("up", "-d").exits(0);
    for (String service : new String[] {"root", "user"}) {
      Eventually.check(() -> jstack.jstack("logs", service).prints("by name").prints("wrong"));
      assertThat(sh(service, "echo by exec > /dev/stdout").exits(0).out()).isEqualTo("by exec\n");
    }
  }

  @Test
  void theKeysOfTheCallerStayOutside() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          a:
            rootfs: BUSYBOX
            command: [probe, session-keyring]
            security_opt: &ask [seccomp=unconfined]
            security: {allow: [seccomp-unconfined]}
          b:
            rootfs: BUSYBOX
            command: [sleep, "1000"]
            userns_mode: host
            security_opt: *ask
            security: {allow: [seccomp-unconfined, host-user]}
        """);
    jstack.jstack("up", "-d").exits(0);
    String here = Command.output(Host.probe().toString(), "session-keyring").strip();
    Eventually.check(() -> jstack.jstack("logs", "--no-log-prefix", "a").prints("\n"));
    String inside = jstack.jstack("logs", "--no-log-prefix", "a").out().strip();
    String first = sh("b", "probe session-keyring").out().strip();
    String second = sh("b", "probe session-keyring").out().strip();
    assertThat(java.util.Set.of(here, inside, first, second)).hasSize(4);
  }

  @Test
  void aFileSystemThatCannotMapIdsIsAnErrorWithTheMend() throws Exception {
    Path disk = Files.createDirectories(folder.resolve("disk"));
    Command.output("mount", "-t", "ramfs", "ramfs", disk.toString());
    try {
      String service =
          """
          name: demo
          services:
            a: {rootfs: BUSYBOX, command: [sleep, "1000"], mounts: ["./disk:/disk"]MORE}
          """;
      jstack.manifest(service.replace("MORE", ""));
      jstack
          .jstack("up", "-d")
          .exits(1)
          .says("jstack.yaml:3:")
          .says("mounts[0]")
          .says("namespaces: {user: host}");
      assertThat(jstack.jstack("ps", "-a", "-q").out()).isEmpty();
      jstack.manifest(
          service.replace("MORE", ", userns_mode: host, security: {allow: [host-user]}"));
      jstack.jstack("up", "-d").exits(0);
      sh("a", "echo x > /disk/x").exits(0);
      jstack.jstack("down", "-t", "0").exits(0);
    } finally {
      Command.output("umount", disk.toString());
    }
  }

  @Test
  void aWrittenMapIsTheKernelsMap() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          a:
            rootfs: BUSYBOX
            command: [sleep, "1000"]
            namespaces: {user: {uid_map: ["0:700000:1000", "1000:800000:10"], gid_map: ["0:700000:2000"]}}
        """);
    jstack.jstack("up", "-d").exits(0);
    assertThat(sh("a", "cat /proc/self/uid_map /proc/self/gid_map").out().trim().split("\\s+"))
        .containsExactly("0", "700000", "1000", "1000", "800000", "10", "0", "700000", "2000");
  }

  /** The kernel gives a page of a map in one read. */
  @Test
  void aLongMapIsKnownToTheEndByWhoSharesIt() throws Exception {
    String uids =
        IntStream.range(0, 300)
            .mapToObj(i -> "\"%d:%d:1\"".formatted(i, 700_000 + 2 * i))
            .collect(Collectors.joining(", "));
    Files.writeString(folder.resolve("secret"), "x");
    jstack.manifest(
        """
        name: demo
        services:
          a:
            rootfs: BUSYBOX
            command: [sleep, "1000"]
            namespaces: {user: {uid_map: [UIDS], gid_map: ["0:700000:2000"]}}
          b:
            rootfs: BUSYBOX
            command: [sleep, "1000"]
            namespaces: {user: "service:a"}
            secrets: [{source: s, uid: "299", gid: "5"}]
        secrets: {s: {file: ./secret}}
        """
            .replace("UIDS", uids));
    jstack.jstack("up", "-d").exits(0);
    assertThat(sh("b", "stat -c %u:%g /run/secrets/s").out().trim()).isEqualTo("299:5");
  }

  @Test
  void rootInsideHasNoPowerOutside() throws Exception {
    Path secret = Files.createDirectories(folder.resolve("src")).resolve("secret");
    Files.writeString(secret, "x");
    Command.output("chown", "3000000:3000000", secret.toString());
    Command.output("chmod", "600", secret.toString());
    jstack.manifest(
        """
        name: demo
        services:
          a: {rootfs: BUSYBOX, command: [sleep, "1000"], mounts: ["./src:/src"]}
          b: {rootfs: BUSYBOX, command: [sleep, "1000"], pid: "service:a"}
        """);
    jstack.jstack("up", "-d").exits(0);
    sh("a", "cat /src/secret").says("Permission denied");
    sh("a", "hostname other").says("Operation not permitted");
    sh("a", "mount -t tmpfs x /etc").says("permission denied");
    // A neighbour in the same pid namespace has other ids: it sees, and may not touch.
    sh("b", "kill -9 2").says("Operation not permitted");
    sh("b", "ls /proc/2/root/").says("Permission denied");
  }
}
