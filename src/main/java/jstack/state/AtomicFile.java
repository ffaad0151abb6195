package jstack.state;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import jstack.linux.CrashPoint;

/**
 * Writes a file so that a reader, or the next boot, sees the old text or the new one and nothing
 * between; see rename(2). Files are private to their owner, unless they are the user's own. No link
 * is written through, whoever laid it in the way of the new file.
 */
public final class AtomicFile {
  private static final Set<StandardOpenOption> ANEW =
      Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);

  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ALONE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private static final FileAttribute<Set<PosixFilePermission>> ALL_READ =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--"));

  private AtomicFile() {}

  /** For files below /run, which no reboot outlives: not flushed to disk. */
  public static void write(Path file, byte[] bytes) throws IOException {
    write(file, bytes, false, OWNER_ALONE);
  }

  /** For lasting files: on disk when this returns. */
  public static void writeDurably(Path file, byte[] bytes) throws IOException {
    write(file, bytes, true, OWNER_ALONE);
  }

  /**
   * As {@link #writeDurably}, for files that belong to a manifest: whoever reads that reads this.
   */
  public static void writeForAll(Path file, byte[] bytes) throws IOException {
    write(file, bytes, true, ALL_READ);
  }

  private static void write(
      Path file, byte[] bytes, boolean durable, FileAttribute<Set<PosixFilePermission>> readers)
      throws IOException {
    // Of one name, so that the next write mends what a killed one left; writers hold a lock.
    Path temporary = file.resolveSibling("." + file.getFileName() + ".new");
    CrashPoint.at("write " + file.getFileName());
    try {
      fill(temporary, bytes, durable, readers);
      CrashPoint.at("rename " + file.getFileName());
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      Files.deleteIfExists(temporary); // on a full disk the room counts
      throw e;
    }
    if (durable) {
      flushDirectory(file);
    }
  }

  private static void fill(
      Path temporary,
      byte[] bytes,
      boolean durable,
      FileAttribute<Set<PosixFilePermission>> readers)
      throws IOException {
    try (FileChannel channel = create(temporary, readers)) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      if (durable) {
        channel.force(true);
      }
    }
  }

  /** What a killed run left goes first; see open(2), O_EXCL. */
  private static FileChannel create(Path temporary, FileAttribute<Set<PosixFilePermission>> readers)
      throws IOException {
    try {
      return FileChannel.open(temporary, ANEW, readers);
    } catch (FileAlreadyExistsException e) {
      Files.deleteIfExists(temporary);
      return FileChannel.open(temporary, ANEW, readers);
    }
  }

  private static void flushDirectory(Path file) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    if (directory != null) {
      try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }
}
