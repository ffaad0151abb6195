package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import jstack.support.Command;
import jstack.support.Eventually;
import jstack.support.Host;
import jstack.support.Victim;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files into a container and out of it. */
class CpScenario {
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

  private void up() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          web: {rootfs: ROOTFS, command: [/probe, sleep]}
        """);
    jstack.jstack("up", "-d").exits(0);
  }

  @Test
  void aTreeGoesInAndComesOutAsItWas() throws Exception {
    up();
    Path tree = Files.createDirectories(folder.resolve("tree/deep/er")).getParent().getParent();
    Files.writeString(tree.resolve("deep/file"), "text\n");
    Files.write(tree.resolve("big"), new byte[1_000_000]);
    Files.createSymbolicLink(tree.resolve("link"), Path.of("/etc/nowhere"));
    Files.setPosixFilePermissions(
        tree.resolve("deep/file"), PosixFilePermissions.fromString("rwxr-x--x"));
    jstack.jstack("cp", "tree", "web:/srv").exits(0); // not there: it is called so
    jstack.jstack("cp", "tree", "web:/etc").exits(0); // there: it goes below
    jstack.jstack("cp", "web:/srv", "back").exits(0);
    jstack.jstack("cp", "web:/etc/tree/deep", "back").exits(0);
    Path back = folder.resolve("back");
    assertThat(back.resolve("deep/file")).hasContent("text\n");
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(back.resolve("deep/file"))))
        .isEqualTo("rwxr-x--x");
    assertThat(Files.size(back.resolve("big"))).isEqualTo(1_000_000);
    assertThat(Files.readSymbolicLink(back.resolve("link"))).hasToString("/etc/nowhere");
    assertThat(back.resolve("deep/er")).isDirectory();
    jstack.jstack("exec", "web", "/probe", "cat", "/etc/tree/deep/file").exits(0).prints("text\n");
  }

  @Test
  void oneFileIsReplacedAndALinkInItsPlaceIsNotFollowed() throws Exception {
    up();
    Path precious = Files.writeString(folder.resolve("precious"), "precious\n");
    Files.createSymbolicLink(folder.resolve("passwd"), precious);
    jstack.jstack("cp", "web:/etc/passwd", ".").exits(0);
    assertThat(folder.resolve("passwd")).content().startsWith("root:x:0:0");
    assertThat(Files.isSymbolicLink(folder.resolve("passwd"))).isFalse();
    assertThat(precious).hasContent("precious\n");
    jstack.jstack("cp", "web:/etc/passwd", "passwd.txt").exits(0);
    jstack.jstack("cp", "precious", "web:/etc/passwd").exits(0);
    jstack.jstack("cp", "web:/etc/passwd", "passwd.txt").exits(0);
    assertThat(folder.resolve("passwd.txt")).hasContent("precious\n");
  }

  @Test
  void whatCannotBeCopiedIsSaidWithItsName() throws Exception {
    up();
    jstack.jstack("cp", "web:/none", ".").exits(1).says("/none: No such file or directory");
    jstack.jstack("cp", "none", "web:/").exits(1).says("none is not there");
    jstack.jstack("cp", "web:/etc", "no/where").exits(1).says("is no directory that is there");
    jstack.jstack("cp", "jstack.yaml", "web:/no/where").exits(1).says("/no/where");
    jstack.jstack("cp", "web:/etc", "web:/etc2").exits(64);
    jstack.jstack("cp", "web:/etc").exits(64).says("jstack cp web:/etc/hosts .");
    jstack.jstack("cp", "nobody:/etc", ".").exits(64).says("no service nobody");
    jstack.jstack("cp", "web:/dev/null", ".").exits(0).says("left out");
    assertThat(folder.resolve("null")).doesNotExist();
    jstack.jstack("stop", "-t", "0").exits(0);
    jstack.jstack("rm", "web").exits(0);
    jstack.jstack("cp", "web:/etc", ".").exits(1).says("web-1 is not there");
  }

  @Test
  void aStoppedContainerNeedNotBeStartedForIt() throws Exception {
    Files.createDirectories(folder.resolve("shared"));
    Files.writeString(folder.resolve("shared/mine"), "on the machine\n");
    String stack =
        """
        name: demo
        services:
          web:
            rootfs: BUSYBOX
            user: "1000:1000"
            command: [/bin/sh, -c, "echo was here > /tmp/note; ln -s /etc/hostname /tmp/link; exec sleep 1000"]
            mounts: ["./shared:/v", {type: tmpfs, target: /mem}]
          gone: {rootfs: {path: BUSYBOX, mode: ephemeral}, command: [/bin/true]}
        """;
    Files.setPosixFilePermissions(
        Files.createDirectories(jstack.busyboxRootfs().resolve("tmp")),
        PosixFilePermissions.fromString("rwxrwxrwx"));
    jstack.manifest(stack).jstack("up", "-d").exits(0);
    Eventually.check(() -> jstack.jstack("exec", "-T", "web", "ls", "/tmp").prints("link"));
    jstack.jstack("stop", "-t", "0").exits(0);
    jstack.jstack("cp", "web:/tmp/note", "note").exits(0);
    assertThat(folder.resolve("note")).hasContent("was here\n");
    jstack.jstack("cp", "web:/v", "v").exits(0);
    assertThat(folder.resolve("v/mine")).hasContent("on the machine\n");
    Files.writeString(folder.resolve("page"), "for later\n");
    jstack.jstack("cp", "page", "web:/tmp").exits(0);
    jstack.jstack("cp", "page", "web:/etc/x").exits(1).says("Permission denied"); // it is 1000
    jstack.jstack("cp", "-u", "0", "page", "web:/etc/x").exits(0);
    assertThat(jstack.jstack("ps", "-a", "-q").out()).isEqualTo("gone-1\nweb-1\n");
    jstack.jstack("cp", "gone:/etc", ".").exits(1).says("its root was in memory");
    jstack.jstack("start", "web").exits(0);
    jstack.jstack("exec", "-T", "web", "cat", "/tmp/page", "/etc/x").prints("for later\nfor later");
    jstack.jstack("exec", "-T", "web", "stat", "-c", "%u", "/tmp/page").prints("1000");
  }

  /** Through a folder that both sides see: neither is it emptied nor copied for ever. */
  @Test
  void nothingIsCopiedOntoOrIntoItself() throws Exception {
    Path shared = Files.createDirectories(folder.resolve("outer/shared"));
    byte[] content = new byte[300_000]; // more than is on its way when the first of it is written
    Arrays.fill(content, (byte) 'x');
    Files.write(shared.resolve("file"), content);
    Files.createDirectories(shared.resolve("outer"));
    Files.createDirectories(shared.resolve("v"));
    jstack.manifest(
        """
        name: demo
        services:
          web:
            rootfs: ROOTFS
            command: [/probe, sleep]
            namespaces: {user: host}
            security: {allow: [host-user]}
            mounts: ["./outer/shared:/v"]
        """);
    jstack.jstack("up", "-d").exits(0);
    jstack.jstack("cp", "outer/shared/file", "web:/v/file").exits(1).says("a file onto itself");
    assertThat(shared.resolve("file")).hasBinaryContent(content);
    jstack.jstack("cp", "web:/v/file", "outer/shared/file").exits(0);
    assertThat(shared.resolve("file")).hasBinaryContent(content);
    jstack.jstack("cp", "outer", "web:/v").exits(1).says("a directory into itself");
    jstack.jstack("cp", "web:/v", "outer/shared").exits(1).says("a directory into itself");
    jstack.jstack("cp", "web:/v", "outer").exits(0); // it would go to outer/v
    jstack.jstack("cp", "web:/v", "outer/v").exits(0);
    jstack.jstack("cp", "outer/shared", "web:/").exits(0);
    jstack.jstack("stop", "-t", "0").exits(0);
    jstack.jstack("cp", "outer/shared/file", "web:/v/file").exits(1).says("a file onto itself");
    assertThat(shared.resolve("file")).hasBinaryContent(content);
  }

  @Test
  void filesOfAnySizeAndNamesOfAnyBytesAreCopied() throws Exception {
    Files.createDirectories(folder.resolve("shared"));
    jstack.manifest(
        """
        name: demo
        services:
          web:
            rootfs: BUSYBOX
            command: [/bin/sleep, "1000"]
            namespaces: {user: host}
            security: {allow: [host-user]}
            mounts: ["./shared:/v"]
        """);
    jstack.jstack("up", "-d").exits(0);
    inside("echo x > \"$(printf '/v/no-\\377-text')\"; mkfifo /v/pipe").exits(0);
    jstack.jstack("cp", "shared", "web:/in").exits(0).says("warning: pipe is no file");
    inside("cat \"$(printf '/in/no-\\377-text')\"").exits(0).prints("x");
    jstack.jstack("cp", "web:/in", "out").exits(0);
    jstack.jstack("cp", "out", "web:/again").exits(0);
    inside("cat \"$(printf '/again/no-\\377-text')\"").exits(0).prints("x");
    jstack.jstack("cp", "shared/pipe", "web:/p").exits(0).says("shared/pipe is no file");
    jstack.jstack("cp", "web:/v/pipe", "p").exits(0).says("warning: p is no file");

    inside("echo end > /tail; truncate -s 150M /big; cat /tail >> /big").exits(0);
    jstack.jstack("cp", "web:/big", "big").exits(0);
    assertThat(Files.size(folder.resolve("big"))).isEqualTo((150 << 20) + 4);
    assertThat(kilobytes(folder.resolve("big"))).isLessThan(2048);
    jstack.jstack("cp", "big", "web:/v/big").exits(0);
    assertThat(Files.mismatch(folder.resolve("big"), folder.resolve("shared/big"))).isEqualTo(-1);
    assertThat(kilobytes(folder.resolve("shared/big"))).isLessThan(2048);
  }

  private static long kilobytes(Path file) throws Exception {
    String said = Command.output("du", "-k", file.toString());
    return Long.parseLong(said.split("\\s", 2)[0]);
  }

  private Jstack.Result inside(String script) throws Exception {
    return jstack.jstack("exec", "-T", "web", "/bin/sh", "-c", script);
  }

  @Test
  void noExchangedLinkLeadsACopyToTheMachine() throws Exception {
    Victim victim = Victim.make(folder.resolve("victim"));
    Files.copy(Host.atk(), jstack.probeRootfs().resolve("atk"));
    Path shared = Files.createDirectories(folder.resolve("shared"));
    Files.createDirectories(shared.resolve("one"));
    Files.writeString(shared.resolve("one/secret"), "harmless\n");
    Files.createSymbolicLink(shared.resolve("to-one"), victim.folder());
    Files.writeString(folder.resolve("target"), "written by cp\n");
    jstack.manifest(
        """
        name: demo
        services:
          web: {rootfs: ROOTFS, command: [/atk, swap, /v/one, /v/to-one], network_mode: none, namespaces: {user: host}, security: {allow: [host-user]}, mounts: ["./shared:/v"]}
        """);
    jstack.jstack("up", "-d").exits(0);
    // The twin: who follows the path on the machine does reach the victim.
    long end = System.nanoTime() + 5_000_000_000L;
    boolean reached = false;
    while (!reached && System.nanoTime() < end) {
      reached = Files.exists(shared.resolve("one/ptmx"));
    }
    assertThat(reached).as("the exchange can be lost by a path").isTrue();
    int copied = 0;
    for (int i = 0; i < 3; i++) {
      // Out of the container, by a path in it and as a tree; into it; and a tree that it writes to.
      jstack.jstack("cp", "web:/v/one/secret", "out-file-" + i);
      jstack.jstack("cp", "web:/v", "out-tree-" + i);
      jstack.jstack("cp", "target", "web:/v/one/target");
      copied += jstack.jstack("cp", "shared", "web:/in-" + i).code() == 0 ? 1 : 0;
      jstack.jstack("cp", "web:/in-" + i, "in-tree-" + i);
    }
    victim.isAsItWas();
    assertThat(copied).as("copies that came to their end").isPositive();
    assertNothingOfIt(victim);
  }

  /** Neither what came out nor what went in and came out again holds a byte of it. */
  private void assertNothingOfIt(Victim victim) throws IOException {
    List<Path> copies; // what they were made of is still being exchanged
    try (Stream<Path> all = Files.list(folder)) {
      copies =
          all.filter(file -> String.valueOf(file.getFileName()).matches("(out|in)-.*")).toList();
    }
    for (Path copy : copies) {
      try (Stream<Path> all = Files.walk(copy)) {
        for (Path file : all.toList()) {
          if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            assertThat(Files.readString(file)).as(file.toString()).doesNotContain("known bytes");
          }
        }
      }
    }
  }
}
