package jstack.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.concurrent.atomic.AtomicBoolean;
import jstack.diag.DiagnosticException;
import jstack.manifest.Service;
import jstack.manifest.load.LoadRequest;
import jstack.manifest.load.ManifestLoader;
import jstack.state.StateLayout;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Files of other people's, read by root: what changes is seen, and nothing else happens. */
@Timeout(60)
class WatchedContentTest {
  @TempDir Path folder;
  private Path watched;
  private StateLayout layout;
  private Service service;

  @BeforeEach
  void begin() throws Exception {
    watched = Files.createDirectories(folder.resolve("conf"));
    layout = new StateLayout(folder.resolve("run"), folder.resolve("lib"));
    Files.createDirectories(layout.project("demo"));
    Files.writeString(folder.resolve("r.tar"), "");
    service = service(watched);
  }

  private Service service(Path source) throws Exception {
    Files.writeString(
        folder.resolve("jstack.yaml"),
        """
        name: demo
        services:
          web:
            rootfs: ./r.tar
            command: x
            mounts: [{type: bind, source: SOURCE, target: /conf, watch: content}]
        """
            .replace("SOURCE", source.toString()));
    LoadRequest request =
        new LoadRequest(
            Path.of("jstack.yaml"), folder, null, java.util.List.of(), java.util.Map.of());
    return java.util.Objects.requireNonNull(
        ManifestLoader.load(request).manifest().services().get("web"));
  }

  /** As the next run of jstack would see it. */
  private String look() {
    return new WatchedContent(layout, "demo", true).of(service).getOrDefault("/conf", "");
  }

  @Test
  void contentCountsAndNothingElseDoes() throws Exception {
    Files.createDirectories(watched.resolve("sub"));
    Path file = Files.writeString(watched.resolve("sub/a"), "one");
    String before = look();
    assertThat(look()).isEqualTo(before).hasSize(32);
    Files.setLastModifiedTime(file, FileTime.fromMillis(0));
    Files.setAttribute(file, "unix:mode", 0100700);
    assertThat(look()).as("touched").isEqualTo(before);
    Path fresh = Files.writeString(watched.resolve("fresh"), "one");
    assertThat(look()).as("a new file").isNotEqualTo(before);
    Files.move(fresh, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThat(look()).as("the same in a new inode").isEqualTo(before);
    Files.writeString(file, "two");
    Files.setLastModifiedTime(file, FileTime.fromMillis(0));
    assertThat(look()).as("other bytes, of the same length and time").isNotEqualTo(before);
    Files.writeString(file, "one");
    assertThat(look()).as("as it was").isEqualTo(before);
    Files.move(file, watched.resolve("a"));
    assertThat(look()).as("another place").isNotEqualTo(before);
  }

  @Test
  void whatWasReadAndIsTheSameIsNotReadAgain() throws Exception {
    Path file = Files.writeString(watched.resolve("a"), "one");
    String first = look();
    assertThat(layout.watched("demo")).as("just written: nothing is sure yet").doesNotExist();
    long now = System.currentTimeMillis();
    while (System.currentTimeMillis() <= now + 1100) {
      Thread.onSpinWait();
    }
    assertThat(look()).isEqualTo(first);
    Path memory = layout.watched("demo");
    Files.writeString(memory, Files.readString(memory).replace(first, "remembered"));
    assertThat(look()).isEqualTo("remembered");
    Files.writeString(file, "one");
    assertThat(look()).as("touched, so it is read").isEqualTo(first);
    Files.writeString(memory, "\0torn");
    assertThat(look()).isEqualTo(first);
  }

  @Test
  void linksPipesAndSocketsAreThereAndNeverOpened() throws Exception {
    Path secret = Files.writeString(folder.resolve("secret"), "1");
    Path link = Files.createSymbolicLink(watched.resolve("link"), secret);
    Files.createSymbolicLink(watched.resolve("loop"), Path.of("."));
    assertThat(new ProcessBuilder("mkfifo", watched.resolve("pipe").toString()).start().waitFor())
        .isZero();
    String before = look();
    Files.writeString(secret, "2");
    assertThat(look()).as("behind a link").isEqualTo(before);
    Files.delete(link);
    Files.createSymbolicLink(link, Path.of("elsewhere"));
    assertThat(look()).as("another link").isNotEqualTo(before);
  }

  @Test
  void tooMuchIsSaidBeforeItIsRead() throws Exception {
    try (RandomAccessFile huge = new RandomAccessFile(watched.resolve("huge").toFile(), "rw")) {
      huge.setLength(1L << 40);
    }
    assertThatThrownBy(this::look)
        .isInstanceOf(DiagnosticException.class)
        .hasMessageContaining("is too much to watch: more than 64 MiB");
    Files.delete(watched.resolve("huge"));
    for (int i = 0; i <= WatchedFiles.MOST; i++) {
      Files.createFile(watched.resolve("f" + i));
    }
    assertThatThrownBy(this::look).hasMessageContaining("more than 10000 files");
  }

  @Test
  void whoSwapsAFileForALinkOrAPipeGetsNothingAndHoldsNobodyUp() throws Exception {
    Path file = watched.resolve("a");
    Path secret = Files.writeString(folder.resolve("secret"), "x".repeat(1 << 20));
    AtomicBoolean done = new AtomicBoolean();
    Thread swapper =
        new Thread(
            () -> {
              try {
                while (!done.get()) {
                  Path fresh = watched.resolve(".fresh");
                  Files.createSymbolicLink(fresh, secret);
                  Files.move(fresh, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
                  Files.writeString(fresh, "plain");
                  Files.move(fresh, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
                }
              } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    swapper.start();
    int refused = 0;
    for (int i = 0; i < 200; i++) {
      try {
        look();
      } catch (DiagnosticException e) {
        assertThat(e.getMessage()).contains("cannot be read");
        refused++;
      }
    }
    done.set(true);
    swapper.join();
    assertThat(look()).hasSize(32);
    assertThat(refused).isLessThanOrEqualTo(200);
  }

  @Test
  void aSourceThatIsNotThereYetIsAnEmptyFolder() throws Exception {
    String empty = look();
    Files.delete(watched);
    assertThat(look()).isEqualTo(empty);
  }
}
