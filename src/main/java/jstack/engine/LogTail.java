package jstack.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the log of one container, the rotated files first, and goes on where it stopped. A rotation
 * in between, even several, loses no line that is still on disk: files are known by their inode,
 * not by their name.
 */
public final class LogTail implements AutoCloseable {
  private static final int CHUNK = 1 << 16;
  private static final int MOST_FILES = 1000;

  private final Path newest;
  private @Nullable FileChannel open;
  private @Nullable Object openKey;

  /**
   * @param newest the log file without a number; older ones are {@code .1}, {@code .2} ...
   */
  public LogTail(Path newest) {
    this.newest = newest;
  }

  /** Hands over every whole line that has come since the last call. */
  public void poll(Consumer<LogRecord> sink) throws IOException {
    FileChannel current = open;
    if (current == null) {
      List<Path> files = files();
      for (int i = files.size() - 1; i >= 0; i--) {
        switchTo(files.get(i), sink);
      }
      return;
    }
    drain(current, sink);
    List<Path> newer = newerThanOpen();
    for (int i = newer.size() - 1; i >= 0; i--) {
      switchTo(newer.get(i), sink);
    }
  }

  private void switchTo(Path file, Consumer<LogRecord> sink) throws IOException {
    if (!Files.isRegularFile(file)) {
      return; // rotated away, or a pipe that would hold us
    }
    try {
      Object key = key(file);
      FileChannel next = FileChannel.open(file, StandardOpenOption.READ);
      close();
      open = next;
      openKey = key;
      drain(next, sink);
    } catch (NoSuchFileException e) {
      // Rotated away between the listing and the opening: the next call looks again.
    }
  }

  /** The files from the newest to the oldest. */
  private List<Path> files() {
    List<Path> files = new ArrayList<>();
    if (Files.exists(newest)) {
      files.add(newest);
    }
    for (int i = 1; i < MOST_FILES; i++) {
      Path older = newest.resolveSibling(newest.getFileName() + "." + i);
      if (!Files.exists(older)) {
        break;
      }
      files.add(older);
    }
    return files;
  }

  private List<Path> newerThanOpen() throws IOException {
    List<Path> newer = new ArrayList<>();
    for (Path file : files()) {
      try {
        if (key(file).equals(openKey)) {
          return newer;
        }
      } catch (NoSuchFileException e) {
        continue;
      }
      newer.add(file);
    }
    return newer;
  }

  private static Object key(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
  }

  /**
   * Goes on behind the last whole line: what has no end yet is read again, since a supervisor that
   * finds no room for the rest of a record takes its beginning back.
   */
  private static void drain(FileChannel channel, Consumer<LogRecord> sink) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(CHUNK);
    byte[] rest = {};
    while (true) {
      buffer.clear();
      int count = channel.read(buffer);
      if (count <= 0) {
        channel.position(channel.position() - rest.length);
        return;
      }
      byte[] bytes = Arrays.copyOf(rest, rest.length + count);
      System.arraycopy(buffer.array(), 0, bytes, rest.length, count);
      int from = 0;
      for (int i = rest.length; i < bytes.length; i++) {
        if (bytes[i] == '\n') {
          LogRecord.parse(bytes, from, i).ifPresent(sink);
          from = i + 1;
        }
      }
      rest = Arrays.copyOfRange(bytes, from, bytes.length);
    }
  }

  @Override
  public void close() throws IOException {
    FileChannel current = open;
    open = null;
    if (current != null) {
      current.close();
    }
  }
}
