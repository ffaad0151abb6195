package jstack.manifest.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import jstack.diag.DiagnosticException;
import jstack.diag.SourceTexts;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadableFileTest {
  @TempDir Path temporary;
  private final SourceTexts texts = new SourceTexts();
  private Path file;

  @BeforeEach
  void begin() throws IOException {
    Path folder = Files.createDirectories(temporary.toRealPath().resolve("src"));
    file = Files.writeString(folder.resolve("jstack.yaml"), "mine");
  }

  @Test
  void whatWasJudgedIsReadThere() {
    assertThat(SourceReader.read(new ReadableFile(file, ReadableFile.Trust.POLICY), "m", texts))
        .isEqualTo("mine");
  }

  /** Somebody swaps it behind the check: the secret of another is not even read. */
  @Test
  void aLinkThatCameBehindTheCheckIsNotFollowed() throws IOException {
    Path secret = Files.writeString(temporary.resolve("secret"), "secret");
    Files.delete(file);
    Files.createSymbolicLink(file, secret);
    assertThat(SourceReader.read(ReadableFile.ofManifest(file), "m", texts)).isEqualTo("secret");
    SourceTexts clean = new SourceTexts();
    assertThatThrownBy(
            () -> SourceReader.read(new ReadableFile(file, ReadableFile.Trust.POLICY), "m", clean))
        .isInstanceOf(DiagnosticException.class)
        .hasMessageContaining("symbolic link since it was checked");
    assertThat(clean.files()).isEmpty();
  }

  @Test
  void nothingButAFileIsRead() {
    assertThatThrownBy(
            () ->
                SourceReader.read(
                    new ReadableFile(file.getParent(), ReadableFile.Trust.POLICY), "m", texts))
        .hasMessageContaining("is not a regular file");
    assertThatThrownBy(
            () ->
                SourceReader.read(
                    new ReadableFile(Path.of("/proc/kmsg"), ReadableFile.Trust.POLICY), "m", texts))
        .hasMessageContaining("a file of the kernel's");
  }

  /** A manifest that reads the standard input would wait for a terminal, and eat what is typed. */
  @Test
  void onlyTheUserNamesAPipe() {
    for (String pipe : new String[] {"/dev/stdin", "/dev/fd/0"}) {
      ReadableFile named = ReadableFile.ofManifest(Path.of(pipe));
      assertThatThrownBy(() -> SourceReader.read(named, "m", texts))
          .hasMessageContaining("is not a regular file");
    }
  }
}
