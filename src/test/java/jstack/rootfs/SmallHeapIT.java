package jstack.rootfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import jstack.support.Command;
import jstack.support.Host;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SmallHeapIT {
  @TempDir Path folder;

  @Test
  void archivesThatAskForMoreMemoryThanThereIsAreRefusedBeforeTheyGetIt() throws Exception {
    Host.needsRoot();
    Path root = Files.createDirectory(folder.resolve("root"));
    String out =
        Command.output(
            Path.of(System.getProperty("java.home"), "bin/java").toString(),
            "-Xmx64m",
            "-XX:-UsePerfData",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            SmallHeap.class.getName(),
            root.toString());
    assertThat(out.lines().toList()).hasSize(7).allMatch(line -> line.startsWith("refused: "));
    assertThat(out).doesNotContain("OutOfMemory");
    assertThat(out)
        .contains("a pax header of 300 MB: an extension header of more than 1048576 bytes")
        .contains("a map of three million pieces: a sparse file of more than 100000 pieces")
        .contains("global headers of nothing: more than 100 global headers in a row");
    Tally.TRIED.addAndGet(7);
    Tally.REFUSED.addAndGet(7);
    Tally.write();
  }
}
