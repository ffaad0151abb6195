package jstack.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import jstack.engine.ShimClient;
import jstack.engine.ShimLauncher;

/**
 * What the walls of one container cost: its program started as it is, and without the steps that
 * make them, turn by turn, from the request to the answer that its command runs.
 */
final class Walls {
  private static final Set<String> STEPS =
      Set.of(
          "mask",
          "read-only",
          "set-attributes",
          "device-list",
          "device-filter",
          "bounding",
          "capabilities",
          "no-new-privileges",
          "seccomp");
  private static final int TURNS = 100;

  private final Path directory;
  private final Path control;
  private final byte[] whole;

  /**
   * @param directory a container's that was made, and stopped
   */
  Walls(Path directory) throws IOException {
    this.directory = directory;
    this.whole = Files.readAllBytes(directory.resolve("program"));
    List<String> words = words(whole);
    this.control = Path.of(words.get(words.indexOf("control") + 3));
  }

  /** Milliseconds of each start with the walls, and of each without. */
  List<List<Double>> measure(Path shim) throws IOException {
    byte[] open = without(whole);
    Path program = directory.resolve("program");
    List<Double> with = new ArrayList<>();
    List<Double> none = new ArrayList<>();
    Files.createDirectories(control.resolveSibling(""));
    try (ShimLauncher launcher = new ShimLauncher(shim)) {
      for (int turn = 0; turn < TURNS; turn++) {
        Files.write(program, whole);
        with.add(start(launcher));
        Files.write(program, open);
        none.add(start(launcher));
      }
    }
    Files.write(program, whole);
    return List.of(with, none);
  }

  private double start(ShimLauncher launcher) throws IOException {
    long before = System.nanoTime();
    launcher.start(directory);
    ShimLauncher.Answer answer = launcher.await();
    double took = (System.nanoTime() - before) / 1e6;
    if (!answer.started()) {
      throw new IllegalStateException(Files.readString(directory.resolve("failure")));
    }
    try (ShimClient end = ShimClient.send(control, "stop 9 0")) {
      end.await(Duration.ofSeconds(10));
    }
    return took;
  }

  private static List<String> words(byte[] program) {
    String text = new String(program, StandardCharsets.ISO_8859_1);
    return Arrays.asList(text.split("\0", -1));
  }

  /** The same wire: phase, op, origin, the number of arguments, the arguments. */
  private static byte[] without(byte[] program) {
    List<String> words = words(program);
    List<String> kept = new ArrayList<>(words.subList(0, 2));
    int at = 2;
    while (at + 3 < words.size()) {
      int end = at + 4 + Integer.parseInt(words.get(at + 3));
      if (!STEPS.contains(words.get(at + 1))) {
        kept.addAll(words.subList(at, end));
      }
      at = end;
    }
    return (String.join("\0", kept) + "\0").getBytes(StandardCharsets.ISO_8859_1);
  }
}
