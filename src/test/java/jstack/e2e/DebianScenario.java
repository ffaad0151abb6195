package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import jstack.support.Host;
import jstack.support.LyingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real Debian, made by debootstrap, packed and served on loopback. */
class DebianScenario {
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

  /** Made once and kept: it takes a minute and a download. */
  private static Path debian() throws Exception {
    Path tarball = Path.of("target/debian.tar.gz").toAbsolutePath();
    if (!Files.exists(tarball)) {
      Host.needsTool("/usr/sbin/debootstrap");
      int made =
          new ProcessBuilder("make", tarball.getParent().getParent().relativize(tarball).toString())
              .redirectErrorStream(true)
              .redirectOutput(tarball.resolveSibling("debian.log").toFile())
              .start()
              .waitFor();
      assertThat(made).as("make target/debian.tar.gz, see target/debian.log").isZero();
    }
    return tarball;
  }

  @Test
  void aDebianComesUpFromItsUrlAndItsToolsRun() throws Exception {
    byte[] tarball = Files.readAllBytes(debian());
    try (LyingServer server = new LyingServer(tarball)) {
      jstack.manifest(
          """
          name: debian
          services:
            web:
              rootfs: {url: "%s"}
              command: [sleep, infinity]
              hostname: debian
          """
              .formatted(server.url()));
      jstack.jstack("up", "-d").exits(0).says("unpacking").says("web-1  started");
      jstack.jstack("ps").exits(0).prints("web-1").prints("running");
      jstack.jstack("exec", "web", "cat", "/etc/os-release").exits(0).prints("ID=debian");
      jstack.jstack("exec", "web", "apt", "--version").exits(0).prints("apt 2.");
      jstack.jstack("exec", "web", "dpkg", "-l").exits(0).prints("ii  libc6");
      jstack.jstack("exec", "-u", "nobody", "web", "id").exits(0).prints("uid=65534(nobody)");
      jstack.jstack("up", "-d").exits(0).says("nothing to do");
      jstack.jstack("logs").exits(0);
      jstack.jstack("down").exits(0);
      assertThat(server.requests()).hasSize(1);
    }
  }

  @Test
  void twoRunsThatWantTheSameTarballFetchItOnce() throws Exception {
    byte[] tarball = Files.readAllBytes(debian());
    try (LyingServer server = new LyingServer(tarball)) {
      Process[] both = new Process[2];
      for (int i = 0; i < 2; i++) {
        Files.writeString(
            folder.resolve("m" + i + ".yaml"),
            """
            name: m%d
            services:
              a: {rootfs: {url: "%s"}, command: ["true"]}
            """
                .formatted(i, server.url()));
        both[i] = jstack.start("up", "-d", "m" + i + ".yaml");
      }
      for (Process one : both) {
        jstack.finish(one, "").exits(0);
      }
      assertThat(server.requests()).hasSize(1);
    }
  }
}
