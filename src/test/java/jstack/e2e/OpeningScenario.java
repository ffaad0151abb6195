package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import jstack.support.Host;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Walls are open only where the manifest says so twice, and it is seen before anything runs. */
class OpeningScenario extends JstackScenario {
  private static long capabilities(long pid, String set) throws Exception {
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
      if (line.startsWith(set)) {
        return Long.parseUnsignedLong(line.substring(line.indexOf(':') + 1).strip(), 16);
      }
    }
    throw new AssertionError("no " + set);
  }

  @Test
  void whatIsOpenIsSaidByConfigPlanAndExplain() throws Exception {
    String text =
        """
        name: demo
        services:
          web:
            rootfs: ROOTFS
            command: [/probe, sleep]
            network_mode: none
            pid: host
            mounts: ["/proc:/host/proc:ro"]
            userns_mode: host
        """;
    jstack.manifest(text);
    jstack
        .jstack("up", "-d")
        .exits(65)
        .says("jstack.yaml:7:10: error: services.web.namespaces.pid")
        .says("security: {allow: [host-pid]}")
        .says("jstack.yaml:8:14: error: services.web.mounts[0]")
        .says("security: {allow: [mount-proc]}");
    assertThat(jstack.home()).doesNotExist();
    jstack.manifest(text + "    security: {allow: [host-pid, mount-proc, host-user]}\n");
    String pid = "web  host-pid is open: it sees the machine's processes  (jstack.yaml:7:10)";
    jstack.jstack("config").exits(0).says("!   " + pid).prints("- host-pid");
    jstack.jstack("plan").exits(0).prints("!   " + pid).prints("mount-proc is open");
    jstack.jstack("explain").exits(0).prints("# ! " + pid);
    jstack
        .jstack("plan", "--format", "json")
        .exits(0)
        .prints("{\"service\":\"web\",\"open\":\"host-pid\",\"file\":\"jstack.yaml\",\"line\":7,");
    jstack.jstack("up", "-d").exits(0);
    assertThat(Jstack.namespace(jstack.pid("web-1"), "pid"))
        .isEqualTo(Files.readSymbolicLink(Path.of("/proc/self/ns/pid")).toString());
  }

  @Test
  @Tag("kernel")
  void capabilitiesAreThoseOfTheManifestForExecToo() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          more:
            rootfs: ROOTFS
            command: [/probe, sleep]
            network_mode: none
            cap_add: [SYS_PTRACE, CAP_NET_RAW]
            cap_drop: [CHOWN]
            security: {allow: [cap-sys-ptrace]}
          none:
            rootfs: ROOTFS
            command: [/probe, sleep]
            network_mode: none
            cap_drop: [ALL]
        """);
    jstack.jstack("up", "-d").exits(0);
    long wanted = 1L << 19 | 1L << 13 | 0x4fa;
    for (String set : new String[] {"CapPrm", "CapEff", "CapBnd"}) {
      assertThat(capabilities(Jstack.command(jstack.pid("more-1")), set)).as(set).isEqualTo(wanted);
      assertThat(capabilities(Jstack.command(jstack.pid("none-1")), set)).as(set).isZero();
    }
    for (String set : new String[] {"CapInh", "CapAmb"}) {
      assertThat(capabilities(Jstack.command(jstack.pid("more-1")), set)).as(set).isZero();
    }
    String hex = String.format("%016x", wanted);
    assertThat(jstack.jstack("exec", "-T", "more", "/probe", "cat", "/proc/self/status").out())
        .contains("CapEff:\t" + hex);
    jstack
        .jstack("exec", "-T", "none", "/probe", "cat", "/proc/self/status")
        .prints("CapEff:\t0000000000000000");
  }

  @Test
  @Tag("kernel")
  void aSourceThatBecomesALinkLaterIsNotFollowed() throws Exception {
    Path source = Files.createDirectories(folder.resolve("shared/data"));
    Files.createSymbolicLink(folder.resolve("way"), Path.of("shared"));
    Files.writeString(source.resolve("mine"), "mine");
    jstack.manifest(
        """
        name: demo
        services:
          web: {rootfs: ROOTFS, command: [/probe, sleep], network_mode: none, mounts: ["./way/data:/data"]}
        """);
    jstack.jstack("up", "-d").exits(0);
    jstack.jstack("exec", "-T", "web", "/probe", "cat", "/data/mine").exits(0).prints("mine");
    jstack.jstack("stop", "-t", "0").exits(0);
    // As somebody may do who can write to the folder, another container perhaps.
    Files.move(source, folder.resolve("shared/gone"));
    Files.createSymbolicLink(source, Path.of("/"));
    jstack.jstack("start").exits(1).says("has become a symbolic link since it was checked");
    jstack.jstack("up", "-d").exits(65).says("mount-root");
    Files.delete(source);
    Files.createSymbolicLink(source, folder.resolve("shared/gone"));
    jstack.jstack("up", "-d").exits(0);
    jstack.jstack("exec", "-T", "web", "/probe", "cat", "/data/mine").exits(0).prints("mine");
  }

  /** A directory that is a rootfs is the one that was looked at, in each mode, or none. */
  @Test
  @Tag("kernel")
  void aRootfsThatBecomesALinkLaterIsNotFollowed() throws Exception {
    Host.needsTool("/bin/busybox");
    Path root = Files.createDirectories(folder.toRealPath().resolve("shared/root"));
    Files.copy(Path.of("/bin/busybox"), root.resolve("busybox"));
    Files.writeString(root.resolve("mine"), "mine");
    StringBuilder text = new StringBuilder("name: demo\nservices:\n");
    for (String mode : new String[] {"overlay", "ephemeral", "readonly"}) {
      for (String user : new String[] {"", ", userns_mode: host, security: {allow: [host-user]}"}) {
        String name = mode + (user.isEmpty() ? "" : "-host");
        text.append("  " + name + ": {rootfs: {path: ./shared/root, mode: " + mode + "}, ")
            .append("network_mode: none, stop_grace_period: 0s")
            .append(", command: [/busybox, sleep, '1000']" + user + "}\n");
      }
    }
    jstack.manifest(text.toString());
    jstack.jstack("up", "-d").exits(0);
    for (String name : jstack.alive().keySet()) {
      String service = name.substring(0, name.lastIndexOf('-'));
      jstack.jstack("exec", "-T", service, "/busybox", "cat", "/mine").exits(0).prints("mine");
    }
    assertThat(jstack.alive()).hasSize(6);
    jstack.jstack("exec", "-T", "overlay", "/busybox", "touch", "/written").exits(0);
    jstack.jstack("stop").exits(0);
    jstack.jstack("start").exits(0);
    jstack.jstack("exec", "-T", "overlay", "/busybox", "ls", "/written").exits(0);
    assertThat(root.resolve("written")).doesNotExist();
    jstack.jstack("stop").exits(0);
    Files.move(root, folder.resolve("shared/gone"));
    Files.createSymbolicLink(root, Path.of("/"));
    jstack.jstack("start").exits(1).says("has become a symbolic link since it was checked");
    assertThat(jstack.alive()).isEmpty();
    jstack.jstack("up", "-d").exits(65).says("mount-root");
  }

  /** CVE-2024-45310: what is made for a mount is made nowhere else either. */
  @Test
  @Tag("kernel")
  void aFolderIsNotMadeBehindALinkThatCameLater() throws Exception {
    Path shared = Files.createDirectories(folder.resolve("shared/sub"));
    Path victim = Files.createDirectories(folder.resolve("victim"));
    jstack.manifest(
        """
        name: demo
        services:
          web:
            rootfs: ROOTFS
            command: [/probe, sleep]
            network_mode: none
            mounts: [{type: bind, source: ./shared/sub/made, target: /m, create_host_path: true}]
        """);
    jstack.jstack("up", "-d").exits(0);
    assertThat(shared.resolve("made")).isDirectory();
    jstack.jstack("stop", "-t", "0").exits(0);
    Files.move(shared, folder.resolve("shared/gone"));
    Files.createSymbolicLink(shared, victim);
    jstack.jstack("start").exits(1).says("symbolic link");
    assertThat(victim).isEmptyDirectory();
  }

  /** Who reads the kernel's log waits for ever, takes it from the machine, and keeps it. */
  @Test
  void noFileOfTheKernelIsReadForAManifest() throws Exception {
    Host.needsRoot();
    Files.createSymbolicLink(folder.resolve("link"), Path.of("/proc/kmsg"));
    String[] keys = {
      "rootfs: /proc/kmsg",
      "rootfs: ./link",
      "rootfs: {url: 'file:///proc/kmsg'}",
      "rootfs: ROOTFS\n    env_file: /proc/kmsg",
      "rootfs: ROOTFS\n    env_file: ./link",
      "rootfs: ROOTFS\n    security_opt: [seccomp=./link]",
      "extends: {file: ./link, service: x}",
    };
    for (String key : keys) {
      jstack.manifest("services:\n  web:\n    command: x\n    " + key + "\n");
      Jstack.Result said = jstack.jstack("up", "-d").exits(65);
      assertThat(said.err()).as(key).containsAnyOf("mount-proc", "never end", "not a file");
    }
    assertThat(jstack.home()).doesNotExist();
  }

  @Test
  void theKeyToEverythingIsNamedTwiceToo() throws Exception {
    Host.needsRoot();
    jstack.manifest("services: {web: {rootfs: ROOTFS, command: x, privileged: true}}");
    jstack.jstack("up").exits(65).says("security: {allow: [privileged]}");
  }
}
