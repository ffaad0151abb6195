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

  @Test
  void whoOnlyLooksMakesNoDirectory() {
    cache().keep("a", "IAAAAA==");
    assertThat(folder).isEmptyDirectory();
  }
}
