package jstack.rootfs;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.Deque;
import jstack.diag.DiagnosticException;

/**
 * Removes a tree that somebody else filled: links are never followed, what is mounted in it is left
 * alone and said, and depth costs neither stack nor descriptors. Directories are entered by
 * descriptor; see openat(2).
 */
public final class TreeRemover {
  /** Deeper directories are moved to the top first: each level costs a descriptor. */
  private static final int DEEPEST = 100;

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
      Object device = device(Files.readAttributes(tree, BasicFileAttributes.class));
      while (!empty(tree, device)) {
        // What lay too deep is at the top now.
      }
      Files.delete(tree);
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "cannot-remove", "cannot remove " + tree + ": " + e.getMessage(), "");
    }
  }

  @SuppressWarnings("StreamResourceLeak") // each level closes its own, whatever happens
  private static boolean empty(Path tree, Object device) throws IOException {
    int moved = 0;
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
        BasicFileAttributes attributes = attributes(level, name);
        if (!attributes.isDirectory()) {
          level.stream().deleteFile(name);
        } else if (!device(attributes).equals(device)) {
          throw new IOException("something is mounted on " + name + " in it");
        } else if (levels.size() >= DEEPEST) {
          Path top = Path.of(".deep-" + System.nanoTime() + "-" + moved++);
          level.stream().move(name, levels.getLast().stream(), top);
        } else {
          levels.push(
              level(level.stream().newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS), name));
        }
      }
    } finally {
      for (Level level : levels) {
        level.stream().close();
      }
    }
    return moved == 0;
  }

  private static BasicFileAttributes attributes(Level level, Path name) throws IOException {
    return level.stream()
        .getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
        .readAttributes();
  }

  /**
   * The first word of {@code (dev=fe00,ino=5)}, the only way that Java says it below a directory.
   */
  private static String device(BasicFileAttributes attributes) {
    String key = String.valueOf(attributes.fileKey());
    int comma = key.indexOf(',');
    return comma < 0 ? "" : key.substring(0, comma);
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
