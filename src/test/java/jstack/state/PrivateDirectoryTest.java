package jstack.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import jstack.support.Host;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The records say what root is to run, so nobody else writes them. */
class PrivateDirectoryTest {
  @TempDir Path folder;

  private Path directory(String permissions) throws Exception {
    Path directory = folder.resolve("state");
    Files.createDirectory(directory);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(permissions));
    return directory;
  }

  @Test
  void oursIsWhatNobodyElseCanWriteTo() throws Exception {
    PrivateDirectory.requireOurs(folder.resolve("none"), "JSTACK_RUN");
    Path directory = directory("rwxr-xr-x");
    assertThat(PrivateDirectory.isOurs(directory)).isTrue();
    assertThatCode(() -> PrivateDirectory.requireOurs(directory, "JSTACK_RUN"))
        .doesNotThrowAnyException();
  }

  @Test
  void whereOthersCanWriteIsNotOurs() throws Exception {
    Path directory = directory("rwxrwx---");
    assertThat(PrivateDirectory.isOurs(directory)).isFalse();
    assertThatThrownBy(() -> PrivateDirectory.requireOurs(directory, "JSTACK_RUN"))
        .hasMessageContaining("can be written to by others");
  }

  @Test
  void theFolderOfSomebodyElseIsNotOurs() throws Exception {
    Host.needsRoot();
    Path directory = directory("rwx------");
    Files.setAttribute(directory, "unix:uid", 65534);
    assertThat(PrivateDirectory.isOurs(directory)).isFalse();
    assertThatThrownBy(() -> PrivateDirectory.requireOurs(directory, "JSTACK_HOME"))
        .hasMessageContaining("belongs to user 65534");
  }
}
