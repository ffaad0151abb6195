package jstack.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A manifest is whole before anything is made: no folder, no file, no connection. */
class BadManifestChangesNothingTest {
  private static final List<String> VERBS = List.of("validate", "config", "plan", "explain", "up");

  @TempDir Path world;
  private Path project;
  private ServerSocket server;
  private final AtomicInteger connections = new AtomicInteger();

  @BeforeEach
  void aMachineThatCounts() throws IOException, InterruptedException {
    project = Files.createDirectory(world.resolve("project"));
    BadManifests.furnish(project);
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread thread = new Thread(this::count);
    thread.setDaemon(true);
    thread.start();
  }

  private void count() {
    while (!server.isClosed()) {
      try (Socket caller = server.accept()) {
        connections.incrementAndGet();
      } catch (IOException e) {
        return; // it was closed
      }
    }
  }

  @AfterEach
  void closed() throws IOException {
    server.close();
    Files.delete(project.resolve("outside")); // JUnit would warn of where it leads
  }

  @Test
  void noneOfAllTheBadOnesLeavesATrace() throws IOException {
    int tried = 0;
    for (Path file : BadManifestTest.files(BadManifestTest.CASES)) {
      for (BadManifestCase each : BadManifestCase.of(file)) {
        for (Map.Entry<String, byte[]> text : each.files().entrySet()) {
          Files.write(project.resolve(text.getKey()), text.getValue());
        }
        if (jstack("validate", each.named()) != 0) {
          String before = listing();
          for (String verb : tried % 5 == 0 ? List.of("plan", "up") : List.of("up")) {
            assertThat(jstack(verb, each.named())).as(verb + " " + each.id()).isBetween(65, 66);
          }
          assertThat(listing()).as(each.id()).isEqualTo(before);
          tried++;
        }
        for (String name : each.files().keySet()) {
          Files.delete(project.resolve(name));
        }
      }
    }
    assertThat(tried).isGreaterThan(600);
    assertThat(connections).hasValue(0);
  }

  @Test
  void aGoodServiceBeforeABadOneIsNeitherFetchedNorMade() throws IOException {
    String rootfs =
        "{url: \"http://127.0.0.1:" + server.getLocalPort() + "/r.tar\", pull_policy: always}";
    String good = "services:\n  first:\n    rootfs: " + rootfs + "\n    command: x\n";
    List<String> wrong =
        List.of(
            "  second: {rootfs: ./r.tar, comand: x}\n",
            "  second: {rootfs: ./r.tar, command: x, depends_on: [thrid]}\n",
            "  second: {rootfs: ./nope.tar, command: x}\n",
            "  second: {rootfs: ./r.tar, command: x, mounts: [\"./nope:/x\"]}\n",
            "  second: {rootfs: ./r.tar, command: x, environment: {A: \"${NOPE}\"}}\n",
            "  second: {rootfs: ./r.tar, command: x, network_mode: \"service:third\"}\n",
            "  second: {rootfs: ./r.tar, command: x, user: \"1000:\"}\n",
            "  second: [\n");
    for (String bad : wrong) {
      Files.writeString(project.resolve("jstack.yaml"), good + bad);
      String before = listing();
      for (String verb : VERBS) {
        assertThat(jstack(verb, "jstack.yaml")).as(verb + " " + bad).isEqualTo(65);
        assertThat(listing()).as(verb + " " + bad).isEqualTo(before);
      }
    }
    assertThat(connections).hasValue(0);
  }

  @Test
  void aConnectionAndAFileWouldBeSeen() throws IOException, InterruptedException {
    String before = listing();
    Files.createDirectories(world.resolve("home/rootfs"));
    assertThat(listing()).isNotEqualTo(before);
    try (Socket caller = new Socket(server.getInetAddress(), server.getLocalPort())) {
      assertThat(caller.getInputStream().read()).isEqualTo(-1); // it was counted before it ended
    }
    assertThat(connections).hasValue(1);
  }

  private int jstack(String verb, String manifest) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream printer = new PrintStream(out, true, StandardCharsets.UTF_8);
    Map<String, String> environment =
        Map.of(
            "JSTACK_RUN", world.resolve("run").toString(),
            "JSTACK_HOME", world.resolve("home").toString(),
            "HOME", world.toString());
    Console console = new Console(printer, printer, environment, project);
    int exit = Main.run(List.of(verb, "--file=" + manifest), console);
    assertThat(out.toString(StandardCharsets.UTF_8)).doesNotContain("bug of jstack");
    return exit;
  }

  /** Everything there is, with what a change of it would change. */
  private String listing() throws IOException {
    StringBuilder out = new StringBuilder();
    try (Stream<Path> files = Files.walk(world)) {
      files.sorted().forEach(file -> out.append(file).append(facts(file)).append('\n'));
    }
    return out.toString();
  }

  private static String facts(Path file) {
    try {
      return Files.readAttributes(
              file, "unix:mode,size,lastModifiedTime,ctime,ino,uid", LinkOption.NOFOLLOW_LINKS)
          .toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
