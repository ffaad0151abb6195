package jstack.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  private static final byte[] TEXT = "new".getBytes(StandardCharsets.UTF_8);

  @TempDir Path folder;

  private String permissions(Path file) throws Exception {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  @Test
  void whoMayReadItIsSaid() throws Exception {
    Path file = folder.resolve("file");
    AtomicFile.write(file, TEXT);
    assertThat(permissions(file)).isEqualTo("rw-------");
    AtomicFile.writeForAll(file, TEXT);
    assertThat(permissions(file)).startsWith("rw-r-");
  }

  @Test
  void whatAKilledRunLeftIsReplaced() throws Exception {
    Files.writeString(folder.resolve(".file.new"), "half of something much longer");
    AtomicFile.write(folder.resolve("file"), TEXT);
    assertThat(folder.resolve("file")).hasContent("new");
    assertThat(folder.resolve(".file.new")).doesNotExist();
  }

  /** jstack.lock is written by root into the folder of whoever wrote the manifest. */
  @Test
  void nothingIsWrittenThroughALinkInItsWay() throws Exception {
    Path victim = Files.writeString(folder.resolve("victim"), "untouched");
    Path file = folder.resolve("jstack.lock");
    Files.createSymbolicLink(folder.resolve(".jstack.lock.new"), victim);
    Files.createSymbolicLink(file, victim);
    AtomicFile.writeForAll(file, TEXT);
    assertThat(victim).hasContent("untouched");
    assertThat(file).isRegularFile().hasContent("new");
    assertThat(Files.isSymbolicLink(file)).isFalse();
  }
}
