package jstack.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jstack.rootfs.UnpackPolicy;

/**
 * Runs the common verbs in one JVM, so that the class-data archive made meanwhile holds their
 * classes. Only the build calls it; what the verbs say does not matter.
 */
public final class Training {
  private static final List<List<String>> VERBS =
      List.of(
          List.of("up", "-d"),
          List.of("up", "-d"),
          List.of("ps", "-a"),
          List.of("exec", "two", "true"),
          List.of("logs"),
          List.of("plan"),
          List.of("top"),
          List.of("stats", "--no-stream"),
          List.of("pause"),
          List.of("unpause"),
          List.of("validate"),
          List.of("config"),
          List.of("report"),
          List.of("down"));

  private Training() {}

  public static void main(String[] arguments) {
    String manifest = arguments[0];
    for (List<String> words : VERBS) {
      verb(words, manifest);
    }
    unpack(Path.of(arguments[1]));
    String settled = arguments[2];
    for (int i = 0; i < 3; i++) {
      verb(List.of("up", "-d"), settled);
    }
    verb(List.of("down"), settled);
  }

  /** What goes on in the process that unpacks. */
  private static void unpack(Path archive) {
    try {
      Path into = Files.createTempDirectory(archive.toAbsolutePath().getParent(), "unpacked");
      UnpackMain.unpack(
          archive,
          into,
          UnpackPolicy.DEFAULT.toString(),
          new PrintStream(nowhere(), false, StandardCharsets.UTF_8));
    } catch (IOException e) {
      // The archive is a little smaller then.
    }
  }

  private static OutputStream nowhere() {
    return OutputStream.nullOutputStream();
  }

  private static void verb(List<String> words, String manifest) {
    List<String> line = new ArrayList<>(words);
    line.add(1, manifest);
    PrintStream nowhere =
        new PrintStream(new StandardOutput(nowhere()), false, StandardCharsets.UTF_8);
    Main.run(line, new Console(nowhere, nowhere, System.getenv(), Path.of("").toAbsolutePath()));
  }
}
