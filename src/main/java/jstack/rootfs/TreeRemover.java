package jstack.rootfs;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.util.ArrayDeque;
import java.util.Deque;
import jstack.diag.DiagnosticException;

/**
 * Removes a tree that somebody else filled: links are never followed, and depth costs no stack.
 * Directories are entered by descriptor; see openat(2).
 */
public final class TreeRemover {
  private TreeRemover() {}

  private record Level(
      SecureDirectoryStream<Path> stream, java.util.Iterator<Path> entries, Path name) {}

  /** Throws {@link DiagnosticException} when something cannot be removed. */
  public static void remove(Path tree) {
    try {
      if (!Files.isDirectory(tree, LinkOption.NOFOLLOW_LINKS)) {
        Files.deleteIfExists(tree);
        return;
      }
      empty(tree);
      Files.delete(tree);
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "cannot-remove", "cannot remove " + tree + ": " + e.getMessage(), "");
    }
  }

  @SuppressWarnings("StreamResourceLeak") // each level closes its own, whatever happens
  private static void empty(Path tree) throws IOException {
    Deque<Level> levels = new ArrayDeque<>();
    levels.push(level(secure(Files.newDirectoryStream(tree)), tree));
    try {
      while (!levels.isEmpty()) {
        Level level = levels.getFirst();
        if (!level.entries().hasNext()) {
          levels.pop().stream().close();
          if (!levels.isEmpty()) {
            levels.getFirst().stream().deleteDirectory(level.name());
          }
          continue;
        }
        Path name = level.entries().next().getFileName();
        if (isDirectory(level, name)) {
          levels.push(
              level(level.stream().newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS), name));
        } else {
          level.stream().deleteFile(name);
        }
      }
    } finally {
      for (Level level : levels) {
        level.stream().close();
      }
    }
  }

  private static boolean isDirectory(Level level, Path name) throws IOException {
    return level.stream()
        .getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
        .readAttributes()
        .isDirectory();
  }

  private static Level level(SecureDirectoryStream<Path> stream, Path name) {
    return new Level(stream, stream.iterator(), name);
  }

  private static SecureDirectoryStream<Path> secure(DirectoryStream<Path> stream)
      throws IOException {
    if (stream instanceof SecureDirectoryStream<Path> secure) {
      return secure;
    }
    stream.close();
    throw new IOException("this Java cannot enter directories by descriptor");
  }
}
