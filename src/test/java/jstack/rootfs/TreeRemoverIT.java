package jstack.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import jstack.diag.DiagnosticException;
import jstack.linux.Posix;
import jstack.support.Command;
import jstack.support.Host;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trees that a container filled are removed, and nothing that they lead to. */
class TreeRemoverIT {
  @TempDir Path folder;
  private Path tree;
  private Path victim;

  @BeforeEach
  void begin() throws IOException {
    Host.needsRoot();
    tree = Files.createDirectory(folder.resolve("tree"));
    victim = Files.createDirectory(folder.resolve("victim"));
    Files.writeString(victim.resolve("secret"), "untouched");
  }

  @Test
  void linksAreRemovedAndNotWhatTheyLeadTo() throws IOException {
    Files.createDirectories(tree.resolve("a/b"));
    Files.createSymbolicLink(tree.resolve("root"), Path.of("/"));
    Files.createSymbolicLink(tree.resolve("a/b/victim"), victim);
    Files.createSymbolicLink(tree.resolve("a/self"), Path.of("."));
    TreeRemover.remove(tree);
    assertThat(tree).doesNotExist();
    assertThat(victim.resolve("secret")).hasContent("untouched");
  }

  @Test
  void aLinkInThePlaceOfTheTreeIsRemovedItself() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link"), victim);
    TreeRemover.remove(link);
    assertThat(Files.isSymbolicLink(link)).isFalse();
    assertThat(victim.resolve("secret")).hasContent("untouched");
  }

  @Test
  void tenThousandDirectoriesInOneAnotherAreRemoved() throws IOException {
    Posix.LibC libc = Posix.libc();
    byte[] name = zero("d");
    int at =
        libc.openat(Posix.AT_FDCWD, zero(tree.toString()), Posix.O_RDONLY | Posix.O_DIRECTORY, 0);
    for (int depth = 0; depth < 10_000; depth++) {
      Posix.check(libc.mkdirat(at, name, 0700), "mkdir");
      int next = Posix.check(libc.openat(at, name, Posix.O_RDONLY | Posix.O_DIRECTORY, 0), "open");
      libc.close(at);
      at = next;
    }
    libc.close(at);
    TreeRemover.remove(tree);
    assertThat(tree).doesNotExist();
  }

  @Test
  void whatIsMountedInItIsLeftAloneAndSaid() throws IOException {
    Path mounted = Files.createDirectories(tree.resolve("a/m"));
    Command.output("mount", "-t", "tmpfs", "none", mounted.toString());
    try {
      Files.writeString(mounted.resolve("kept"), "kept");
      assertThatThrownBy(() -> TreeRemover.remove(tree))
          .isInstanceOf(DiagnosticException.class)
          .hasMessageContaining("something is mounted on m");
      assertThat(mounted.resolve("kept")).hasContent("kept");
    } finally {
      Command.output("umount", mounted.toString());
    }
    TreeRemover.remove(tree);
    assertThat(tree).doesNotExist();
  }

  private static byte[] zero(String name) {
    return Posix.zeroTerminated(name.getBytes(StandardCharsets.UTF_8));
  }
}
