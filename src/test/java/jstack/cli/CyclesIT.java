package jstack.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import jstack.support.Host;
import jstack.support.LeakCheck;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Up and down, two hundred times in one JVM: nothing may add up. */
@Tag("kernel")
class CyclesIT {
  private static final int CYCLES = 200;

  private static final String STACK =
      """
      name: cycles
      namespaces: {wire: network}
      services:
        a: {rootfs: ./root, command: [/probe, sleep], ports: ["8961:80"], stop_grace_period: 0s}
        b:
          rootfs: ./root
          command: [/probe, sleep]
          namespaces: {network: wire, ipc: "service:a"}
          stop_grace_period: 0s
      """;

  @TempDir Path folder;

  private void jstack(String... words) {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream printer = new PrintStream(said, true, StandardCharsets.UTF_8);
    Map<String, String> environment =
        Map.of(
            "JSTACK_RUN", folder.resolve("run").toString(),
            "JSTACK_HOME", folder.resolve("home").toString());
    int code = Main.run(List.of(words), new Console(printer, printer, environment, folder));
    assertThat(code).as(said.toString(StandardCharsets.UTF_8)).isZero();
  }

  private static long openFiles() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      return files.count();
    }
  }

  private static List<String> openNames() throws IOException {
    List<String> names = new ArrayList<>();
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      for (Path file : files.toList()) {
        try {
          names.add(Files.readSymbolicLink(file).toString());
        } catch (NoSuchFileException e) {
          // Of the listing itself, or a thread has just closed it.
        }
      }
    }
    return names.stream().sorted().toList();
  }

  private long stateFiles() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.count();
    }
  }

  @Test
  void twoHundredTimesUpAndDownLeakNothing() throws Exception {
    Host.needsRoot();
    System.setProperty("jstack.shim", Host.shim().toString());
    Path root = Files.createDirectories(folder.resolve("root"));
    Files.copy(Host.probe(), root.resolve("probe"));
    Files.writeString(folder.resolve("jstack.yaml"), STACK);
    LeakCheck before = LeakCheck.take();
    // Twice: what a JVM opens once and for all may come with the second.
    for (int i = 0; i < 2; i++) {
      jstack("up", "-d");
      jstack("down", "-v");
    }
    long files = openFiles();
    List<String> names = openNames();
    long state = stateFiles();
    for (int i = 2; i < CYCLES; i++) {
      jstack("up", "-d");
      jstack("down", "-v");
    }
    before.assertNothingLeft();
    // One in ten rounds would be twenty; what tests before this one still had open is no leak.
    assertThat(openFiles())
        .as("descriptors: %s, first %s", openNames(), names)
        .isLessThan(files + CYCLES / 10);
    // The journal of events has turned meanwhile, and is never more than two.
    assertThat(stateFiles()).as("files").isLessThanOrEqualTo(state + 1);
  }
}
