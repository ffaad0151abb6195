package jstack.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What was tried against the walls and what came of it, one file for each family below {@code
 * target/walls/attacks} and all of them in {@code target/walls/attacks.txt}.
 */
public final class Attacks {
  private static final Path ALL = Path.of("target/walls/attacks.txt");

  private final String family;
  private final TreeMap<String, String> tried = new TreeMap<>();

  public Attacks(String family) {
    this.family = family;
  }

  /**
   * One attack.
   *
   * @param stopped how it ended against the wall
   * @param twin the same without the wall, where it must work
   */
  public void stopped(String name, String stopped, String twin) {
    tried.put(name, stopped + "; " + twin);
  }

  public int size() {
    return tried.size();
  }

  /** Writes the family's file and the summary of all families so far, and prints it. */
  public void write() throws IOException {
    Path directory = Files.createDirectories(Path.of("target/walls/attacks"));
    List<String> lines = new ArrayList<>();
    tried.forEach((name, how) -> lines.add(family + ": " + name + ": " + how));
    Files.write(directory.resolve(family + ".txt"), lines);
    List<String> all = new ArrayList<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.sorted().toList()) {
        all.addAll(Files.readAllLines(file));
      }
    }
    String summary = "attacks tried " + all.size() + ", stopped " + all.size();
    all.add(0, summary + ", each with its twin that works without the wall");
    Files.write(ALL, all);
    System.out.println("walls: " + family + " " + lines.size() + "; " + summary);
  }
}
