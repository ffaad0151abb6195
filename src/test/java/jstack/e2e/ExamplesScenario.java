package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import jstack.support.Command;
import jstack.support.Eventually;
import jstack.support.Host;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every example is run as its first lines tell a reader to. */
class ExamplesScenario {
  private static final Path EXAMPLES = Path.of("examples").toAbsolutePath();

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

  private String up(String example) throws Exception {
    return jstack
        .jstack("up", EXAMPLES.resolve(example).toString(), "--no-log-prefix")
        .exits(0)
        .out();
  }

  @Test
  void everyExampleIsRunByATestHereAndIsValid() throws Exception {
    try (Stream<Path> files = Files.walk(EXAMPLES)) {
      List<Path> manifests = files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList();
      assertThat(manifests).hasSize(11);
      for (Path manifest : manifests) {
        jstack.jstack("validate", manifest.toString()).exits(0).prints("valid");
        assertThat(Files.readString(Path.of("src/test/java/jstack/e2e/ExamplesScenario.java")))
            .contains(EXAMPLES.relativize(manifest).toString());
      }
    }
  }

  @Test
  void theJailOfBashAndItsLibraries() throws Exception {
    assertThat(up("01-jail.yaml").lines())
        .containsExactly(
            "inside the jail / holds only:",
            "bin",
            "dev",
            "etc",
            "lib",
            "lib64",
            "proc",
            "sys",
            "tmp",
            "usr",
            "and bash is process 2 here");
  }

  @Test
  void theDownloadedRootfs() throws Exception {
    Host.needsTool("/bin/busybox");
    Path served = folder.resolve("served");
    Command.output("sh", "src/build/example-rootfs.sh", served.toString());
    byte[] tarball = Files.readAllBytes(served.resolve("rootfs.tar.gz"));
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 8765), 5);
    server.createContext(
        "/rootfs.tar.gz",
        exchange -> {
          exchange.sendResponseHeaders(200, tarball.length);
          exchange.getResponseBody().write(tarball);
          exchange.close();
        });
    server.start();
    try {
      assertThat(up("02-rootfs.yaml"))
          .startsWith("a rootfs of busybox")
          .contains("bin\ndev\netc\n");
    } finally {
      server.stop(0);
    }
    assertThat(up("02-rootfs.yaml")).as("without the server").startsWith("a rootfs of busybox");
  }

  @Test
  void aProcessInsideCannotSeeOrKillTheOneOutside() throws Exception {
    Process outside = new ProcessBuilder("sleep", "1000").start();
    try {
      assertThat(up("03-processes.yaml")).contains("there is no sleep to kill here");
      assertThat(outside.isAlive()).isTrue();
    } finally {
      outside.destroyForcibly();
    }
  }

  @Test
  void theHostnameThatStaysInside() throws Exception {
    assertThat(up("04-hostname.yaml")).isEqualTo("my-new-hostname\n");
    assertThat(Files.readString(Path.of("/proc/sys/kernel/hostname")))
        .isNotEqualTo("my-new-hostname\n");
  }

  @Test
  void psWithTwoProcesses() throws Exception {
    List<String> lines = up("05-ps.yaml").lines().toList();
    assertThat(lines).hasSize(3);
    assertThat(lines.get(2)).contains("2       1 /bin/ps");
  }

  @Test
  void enteringWithExec() throws Exception {
    String manifest = EXAMPLES.resolve("06-enter.yaml").toString();
    jstack.jstack("up", "-d", manifest).exits(0);
    Eventually.check(() -> jstack.jstack("logs", manifest).prints("UTC"));
    assertThat(
            jstack.jstack("exec", manifest, "clock", "/bin/ps", "-e", "-o", "args").exits(0).out())
        .contains("while date");
    jstack.jstack("down", manifest).exits(0);
  }

  @Test
  void theReadOnlyBind() throws Exception {
    assertThat(up("07-read-only/jstack.yaml"))
        .startsWith("hello\n")
        .contains("it cannot be written\n")
        .contains("Read-only file system");
    assertThat(EXAMPLES.resolve("07-read-only/readonlyfiles/hi.txt")).hasContent("hello\n");
  }

  @Test
  void theMemoryLimit() throws Exception {
    assertThat(up("08-memory.yaml"))
        .startsWith("wrote 200 MB, and nobody was killed\ntaking 200 MB\n")
        .contains("the hog ended with 137\n");
  }

  @Test
  void threeServicesTwoNetworksOnePort() throws Exception {
    String manifest = EXAMPLES.resolve("09-web/jstack.yaml").toString();
    jstack.jstack("up", "-d", manifest).exits(0);
    String[] curl = {"curl", "-s", "-m", "2", "http://127.0.0.1:8080/cgi-bin/hello"};
    Eventually.check(
        () -> assertThat(Command.run(curl).out()).isEqualTo("hello from the database\n"));
    assertThat(Command.output("ip", "netns", "list")).contains(".web.db-1");
    String[] nc = {"exec", "-T", manifest, "web", "/bin/busybox", "nc", "-w", "1", "db", "5432"};
    jstack.jstack(nc).says("bad address");
    jstack.jstack("down", manifest).exits(0);
  }

  @Test
  void namespacesWithNamesAndSharedOnes() throws Exception {
    String manifest = EXAMPLES.resolve("10-namespaces.yaml").toString();
    jstack.jstack("up", "-d", manifest).exits(0);
    jstack.jstack("ns", "ls", manifest).exits(0).prints("mail");
    jstack.jstack("ns", "enter", manifest, "wire", "--", "ip", "link").exits(0).prints("1: lo:");
    String[] ps = {"exec", "-T", "-n", "pid,mount", manifest, "one", "/bin/ps", "-e"};
    jstack.jstack(ps).exits(0).prints("sleep");
    String[] look = {"exec", "-T", manifest, "looker", "/bin/ps", "-e", "-o", "args"};
    assertThat(jstack.jstack(look).exits(0).out()).containsPattern("(?s)sleep.*sleep");
    jstack.jstack("down", manifest).exits(0);
  }

  /** What they do to each other is NeighboursScenario's. */
  @Test
  void badNeighboursAndOneWhoAnswers() throws Exception {
    String manifest = EXAMPLES.resolve("11-neighbours/jstack.yaml").toString();
    jstack.jstack("up", "-d", manifest).exits(0);
    String[] curl = {"curl", "-s", "-m", "2", "http://127.0.0.1:8081/"};
    Eventually.check(() -> assertThat(Command.run(curl).out()).isEqualTo("still here\n"));
    jstack.jstack("down", "-t", "0", manifest).exits(0);
  }
}
