package jstack.rootfs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * How many archives were tried so far, by all classes of a run; the last word is the summary. Each
 * JVM of the run keeps its own count in a file.
 */
final class Tally {
  static final AtomicLong TRIED = new AtomicLong();
  static final AtomicLong REFUSED = new AtomicLong();
  static final AtomicLong EQUAL_TO_TAR = new AtomicLong();

  private Tally() {}

  static void write() throws IOException {
    Path counts = Files.createDirectories(Path.of("target/walls/archives"));
    Files.writeString(
        counts.resolve(System.getProperty("jstack.fork", "fork")),
        TRIED + " " + REFUSED + " " + EQUAL_TO_TAR);
    long[] sum = new long[3];
    try (Stream<Path> files = Files.list(counts)) {
      for (Path file : files.toList()) {
        String[] words = Files.readString(file).split(" ", -1);
        for (int i = 0; i < sum.length; i++) {
          sum[i] += Long.parseLong(words[i]);
        }
      }
    }
    String line = "archives tried " + sum[0] + ", refused " + sum[1] + ", equal to tar " + sum[2];
    Files.writeString(counts.resolveSibling("archives.txt"), line + "\n");
    System.out.println(line);
  }
}
