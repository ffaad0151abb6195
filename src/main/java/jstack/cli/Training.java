package jstack.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
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
          List.of("verify"),
          List.of("explain", "two"),
          List.of("stop", "two"),
          List.of("start", "two"),
          List.of("restart", "two"),
          List.of("kill", "two"),
          List.of("wait", "two"),
          List.of("rm", "two"),
          List.of("run", "two", "true"),
          List.of("down"));

  /** Those that need no manifest. */
  private static final List<List<String>> MORE =
      List.of(List.of("ls"), List.of("version"), List.of("volumes"), List.of("rootfs", "ls"));

  private Training() {}

  public static void main(String[] arguments) {
    String manifest = arguments[0];
    for (List<String> words : VERBS) {
      verb(words, manifest);
    }
    MORE.forEach(Training::run);
    loadTheRest();
    unpack(Path.of(arguments[1]));
    String settled = arguments[2];
    for (int i = 0; i < 3; i++) {
      verb(List.of("up", "-d"), settled);
    }
    verb(List.of("down"), settled);
  }

  /** All classes of ours that no verb has met: one that is missing makes a verb open the jar. */
  private static void loadTheRest() {
    try (JarFile jar = new JarFile(System.getProperty("java.class.path"))) {
      for (JarEntry entry : Collections.list(jar.entries())) {
        String name = entry.getName();
        if (name.startsWith("jstack/") && name.endsWith(".class")) {
          String of = name.substring(0, name.length() - ".class".length()).replace('/', '.');
          Class.forName(of, false, Training.class.getClassLoader());
        }
      }
    } catch (IOException | ClassNotFoundException e) {
      // As below.
    }
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
    run(line);
  }

  private static void run(List<String> line) {
    PrintStream nowhere =
        new PrintStream(new StandardOutput(nowhere()), false, StandardCharsets.UTF_8);
    Main.run(line, new Console(nowhere, nowhere, System.getenv(), Path.of("").toAbsolutePath()));
  }
}
