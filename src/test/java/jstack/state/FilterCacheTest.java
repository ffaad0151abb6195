package jstack.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FilterCacheTest {
  @TempDir Path folder;

  private FilterCache cache() {
    return new FilterCache(new StateLayout(folder.resolve("run"), folder.resolve("home")));
  }

  @Test
  void whatIsKeptIsFound() throws IOException {
    Path run = Files.createDirectory(folder.resolve("run"));
    cache().keep("a-1", "IAAAAA==");
    assertThat(cache().find("a-1")).isEqualTo("IAAAAA==");
    assertThat(cache().find("a-2")).isNull();
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(run.resolve(".filters"))))
        .isEqualTo("rwx------");
  }

  @Test
  void whatIsNotAsItWasWrittenIsNone() throws IOException {
    Files.createDirectory(folder.resolve("run"));
    cache().keep("a", "IAAAAA==");
    Path file = folder.resolve("run/.filters/a");
    String text = Files.readString(file);
    for (String bad :
        new String[] {"", " ", text.replace('I', 'J'), text.substring(4), text + "A"}) {
      Files.writeString(file, bad);
      assertThat(cache().find("a")).as(bad).isNull();
    }
  }

  /** Somebody's filter would let a container call whatever they like. */
  @Test
  void whatOthersCouldHaveWrittenIsNone() throws IOException {
    Path run = Files.createDirectory(folder.resolve("run"));
    cache().keep("a", "IAAAAA==");
    for (Path directory : new Path[] {run, run.resolve(".filters")}) {
      for (String open : new String[] {"rwxrwx---", "rwx---rwx"}) {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(open));
        assertThat(cache().find("a")).as(directory + " " + open).isNull();
      }
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
      assertThat(cache().find("a")).isEqualTo("IAAAAA==");
    }
    Files.move(run.resolve(".filters"), folder.resolve("elsewhere"));
    Files.createSymbolicLink(run.resolve(".filters"), folder.resolve("elsewhere"));
    assertThat(cache().find("a")).as("a link").isNull();
  }

  @Test
  void whoOnlyLooksMakesNoDirectory() {
    cache().keep("a", "IAAAAA==");
    assertThat(folder).isEmptyDirectory();
  }
}
