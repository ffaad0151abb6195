package jstack.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JudgedFileTest {
  @TempDir Path temporary;
  private Path folder;
  private Path file;

  @BeforeEach
  void begin() throws IOException {
    folder = Files.createDirectories(temporary.toRealPath().resolve("a/b"));
    file = Files.writeString(folder.resolve("text"), "right");
    Path other = Files.createDirectories(temporary.resolve("other"));
    Files.writeString(other.resolve("text"), "wrong");
  }

  private static String text(Path path) throws IOException {
    try (JudgedFile judged = JudgedFile.open(path);
        InputStream in = judged.stream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void aFileIsReadWhereItWasJudged() throws IOException {
    assertThat(text(file)).isEqualTo("right");
    try (JudgedFile judged = JudgedFile.open(file)) {
      assertThat(judged.size()).isEqualTo(5);
      assertThat(judged.inode()).isEqualTo(Files.readAttributes(file, "fileKey").get("fileKey"));
    }
  }

  @Test
  void noLinkInItsWayIsFollowed() throws IOException {
    Files.delete(file);
    Files.createSymbolicLink(file, temporary.resolve("other/text"));
    assertThat(Files.readString(file)).as("who follows links").isEqualTo("wrong");
    assertThatThrownBy(() -> text(file)).hasMessageContaining("become a symbolic link");
    Files.delete(file);
    Files.delete(folder);
    Files.createSymbolicLink(folder, temporary.resolve("other"));
    assertThat(Files.readString(file)).as("who follows links").isEqualTo("wrong");
    assertThatThrownBy(() -> text(file)).hasMessageContaining("become a symbolic link");
  }

  @Test
  void onlyFilesAreRead() {
    assertThatThrownBy(() -> text(folder)).hasMessageContaining("not a regular file");
    assertThatThrownBy(() -> text(Path.of("/dev/null"))).hasMessageContaining("not a regular");
    assertThatThrownBy(() -> text(folder.resolve("none"))).isInstanceOf(NoSuchFileException.class);
  }
}
