package jstack.rootfs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

/** How many archives were tried so far, by all classes of a run; the last word is the summary. */
final class Tally {
  static final AtomicLong TRIED = new AtomicLong();
  static final AtomicLong REFUSED = new AtomicLong();
  static final AtomicLong EQUAL_TO_TAR = new AtomicLong();

  private Tally() {}

  static void write() throws IOException {
    String line =
        "archives tried " + TRIED + ", refused " + REFUSED + ", equal to tar " + EQUAL_TO_TAR;
    Path file = Files.createDirectories(Path.of("target/walls")).resolve("archives.txt");
    Files.writeString(file, line + "\n");
    System.out.println(line);
  }
}
