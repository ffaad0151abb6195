package jstack.rootfs;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import jstack.diag.DiagnosticPrinter;
import jstack.linux.Posix;
import org.jspecify.annotations.Nullable;

/**
 * Makes the files that a container sends; see copy.h. The sender is hostile: names are checked,
 * everything is made below one directory by descriptor and never through a link (see {@link
 * DirectoryTree}), and no owner, no set-user-id bit, no device comes with it. What is remembered
 * grows with the depth alone, so there may be any number of files.
 */
public final class TreeReceiver {
  private static final int LONGEST_NAME = 255;
  private static final int DEEPEST = 256;
  private static final int BUFFER = 1 << 17;
  private static final int SEEK_CUR = 1;
  private static final byte[] ZEROS = new byte[BUFFER];

  private final DataInputStream in;
  private final byte[] top;
  private final byte[] buffer = new byte[BUFFER];
  private final ByteBuffer direct = ByteBuffer.allocateDirect(BUFFER);
  private final LeftOut leftOut = new LeftOut();

  /** The directories that the last entry lies in, the deepest first. */
  private final Deque<Entered> entered = new ArrayDeque<>();

  private @Nullable FileIdentity first;
  private boolean begun;

  private record Entered(List<byte[]> path, Metadata metadata) {}

  private TreeReceiver(InputStream in, String top) {
    this.in = new DataInputStream(in);
    this.top = top.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Makes {@code directory/top} and what is below it; a directory that is there is added to, a file
   * is replaced.
   *
   * @return what is to be said of sockets, pipes and devices, which are left out
   * @throws ArchiveException when it is not well-formed, or ends too early
   */
  public static List<String> receive(InputStream in, Path directory, String top)
      throws IOException {
    TreeReceiver receiver = new TreeReceiver(in, top);
    try (DirectoryTree tree = DirectoryTree.openWithoutLinks(directory)) {
      while (receiver.entry(tree)) {
        // One after the other.
      }
      receiver.leave(tree, List.of());
    } catch (EOFException e) {
      throw new ArchiveException("it ends too early");
    }
    return receiver.leftOut.lines();
  }

  private boolean entry(DirectoryTree tree) throws IOException {
    int kind = in.readUnsignedByte();
    int mode = in.readInt() & 0777;
    long seconds = Math.max(0, Math.min(1L << 33, in.readLong()));
    long size = in.readLong();
    FileIdentity identity = new FileIdentity(in.readLong(), in.readLong());
    byte[] name = new byte[in.readUnsignedShort()];
    in.readFully(name);
    if (size < 0) {
      throw new ArchiveException("a size of " + Long.toUnsignedString(size));
    }
    if (kind == 'e') {
      return false;
    }
    List<byte[]> path = path(name);
    leave(tree, path);
    Metadata metadata = new Metadata(mode, 0, 0, seconds, 0);
    switch (kind) {
      case 'd' -> directory(tree, path, metadata, identity);
      case 'f' -> file(tree, path, metadata, size);
      case 'l' -> {
        if (size == 0 || size > 4095) {
          throw new ArchiveException("a link with a text of " + size + " bytes");
        }
        byte[] text = new byte[(int) size];
        in.readFully(text);
        requireNoZero(text);
        tree.symlink(path, text, metadata);
      }
      case 's' -> leftOut.add(name.length == 0 ? top : name);
      default -> throw new ArchiveException("an entry of kind " + kind);
    }
    return true;
  }

  /** Those that the next entry does not lie in get their modes and times. */
  private void leave(DirectoryTree tree, List<byte[]> next) throws IOException {
    for (Entered last; (last = entered.peek()) != null && !isBelow(next, last.path()); ) {
      tree.finishDirectory(last.path(), last.metadata());
      entered.pop();
    }
  }

  private static boolean isBelow(List<byte[]> path, List<byte[]> directory) {
    boolean below = path.size() > directory.size();
    for (int i = directory.size() - 1; below && i >= 0; i--) {
      below = Arrays.equals(path.get(i), directory.get(i));
    }
    return below;
  }

  /** A folder that both sides see may hold the place where it is copied to. */
  private void directory(
      DirectoryTree tree, List<byte[]> path, Metadata metadata, FileIdentity identity)
      throws IOException {
    if (identity.equals(first)) {
      throw new ArchiveException("a directory into itself");
    }
    tree.makeDirectory(path);
    if (first == null) {
      first = tree.identity(path);
      if (identity.equals(first)) {
        throw new ArchiveException("a directory onto itself");
      }
    }
    entered.push(new Entered(path, metadata));
  }

  private void file(DirectoryTree tree, List<byte[]> path, Metadata metadata, long size)
      throws IOException {
    int fd = tree.create(path, metadata);
    try {
      content(fd, size);
      tree.finish(fd, metadata, Map.of());
    } finally {
      Posix.libc().close(fd);
    }
  }

  /** Holes stay holes: a container needs no room of its own to send a file of any size. */
  private void content(int fd, long size) throws IOException {
    boolean hole = false;
    for (long left = size; left > 0; ) {
      int count = (int) Math.min(BUFFER, left);
      in.readFully(buffer, 0, count);
      left -= count;
      hole = Arrays.equals(buffer, 0, count, ZEROS, 0, count);
      if (hole) {
        if (Posix.libc().lseek(fd, count, SEEK_CUR) < 0) {
          Posix.check(-1, "lseek");
        }
      } else {
        write(fd, count);
      }
    }
    if (hole) {
      Posix.check(Posix.libc().ftruncate(fd, size), "ftruncate");
    }
  }

  private void write(int fd, int count) throws IOException {
    direct.clear();
    direct.put(buffer, 0, count);
    direct.flip();
    Posix.writeAll(fd, direct);
  }

  private List<byte[]> path(byte[] name) throws ArchiveException {
    requireNoZero(name);
    List<byte[]> path = new ArrayList<>(List.of(top));
    if (name.length == 0) {
      if (begun) {
        throw new ArchiveException("a second beginning");
      }
      begun = true;
      return path;
    }
    for (String part : new String(name, StandardCharsets.ISO_8859_1).split("/", -1)) {
      if (part.isEmpty() || part.equals(".") || part.equals("..") || part.length() > LONGEST_NAME) {
        throw new ArchiveException(
            "the name " + DiagnosticPrinter.visible(new String(name, StandardCharsets.UTF_8)));
      }
      path.add(part.getBytes(StandardCharsets.ISO_8859_1));
    }
    if (path.size() > DEEPEST + 1) {
      throw new ArchiveException("more than " + DEEPEST + " directories deep");
    }
    return path;
  }

  private static void requireNoZero(byte[] text) throws ArchiveException {
    for (byte each : text) {
      if (each == 0) {
        throw new ArchiveException("a name with a zero in it");
      }
    }
  }
}
