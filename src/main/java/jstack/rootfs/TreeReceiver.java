package jstack.rootfs;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import jstack.diag.DiagnosticPrinter;
import jstack.linux.Posix;

/**
 * Makes the files that a container sends; see copy.h. The sender is hostile: names are checked,
 * everything is made below one directory by descriptor and never through a link that leaves it (see
 * {@link DirectoryTree}), and no owner, no set-user-id bit, no device comes with it.
 */
public final class TreeReceiver {
  private static final int LONGEST_NAME = 255;
  private static final int DEEPEST = 256;
  private static final int MOST_LEFT_OUT = 20;

  private final DataInputStream in;
  private final byte[] top;
  private final FileContent content =
      new FileContent(new Meter(UnpackPolicy.DEFAULT, (entries, bytes) -> {}));
  private final List<String> leftOut = new ArrayList<>();
  private long files;
  private long bytes;

  /**
   * What came.
   *
   * @param files that were made, directories and links among them
   * @param leftOut names of sockets, pipes and devices, the first of them
   */
  public record Received(long files, long bytes, List<String> leftOut) {}

  private TreeReceiver(InputStream in, String top) {
    this.in = new DataInputStream(in);
    this.top = top.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Makes {@code directory/top} and what is below it; a directory that is there is added to, a file
   * is replaced.
   *
   * @throws ArchiveException when it is not well-formed, or ends too early
   */
  public static Received receive(InputStream in, Path directory, String top) throws IOException {
    TreeReceiver receiver = new TreeReceiver(in, top);
    try (DirectoryTree tree = DirectoryTree.open(directory)) {
      while (receiver.entry(tree)) {
        // One after the other.
      }
      tree.finishEntries();
    } catch (EOFException e) {
      throw new ArchiveException("it ends too early");
    }
    return new Received(receiver.files, receiver.bytes, List.copyOf(receiver.leftOut));
  }

  private boolean entry(DirectoryTree tree) throws IOException {
    int kind = in.readUnsignedByte();
    int mode = in.readInt() & 0777;
    long seconds = Math.max(0, Math.min(1L << 33, in.readLong()));
    long size = in.readLong();
    byte[] name = new byte[in.readUnsignedShort()];
    in.readFully(name);
    if (size < 0) {
      throw new ArchiveException("a size of " + Long.toUnsignedString(size));
    }
    if (kind == 'e') {
      return false;
    }
    List<byte[]> path = path(name);
    Metadata metadata = new Metadata(mode, 0, 0, seconds, 0);
    files++;
    switch (kind) {
      case 'd' -> tree.directory(path, metadata, Map.of());
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
      case 's' -> {
        files--;
        if (leftOut.size() < MOST_LEFT_OUT) {
          String shown = new String(name, StandardCharsets.UTF_8);
          leftOut.add(DiagnosticPrinter.visible(shown));
        }
      }
      default -> throw new ArchiveException("an entry of kind " + kind);
    }
    return true;
  }

  private void file(DirectoryTree tree, List<byte[]> path, Metadata metadata, long size)
      throws IOException {
    int fd = tree.create(path, metadata);
    try {
      long written = content.copy(new Part(in, size), fd);
      if (written != size) {
        throw new ArchiveException("it ends too early");
      }
      bytes += written;
      tree.finish(fd, metadata, Map.of());
    } finally {
      Posix.libc().close(fd);
    }
  }

  private List<byte[]> path(byte[] name) throws ArchiveException {
    requireNoZero(name);
    List<byte[]> path = new ArrayList<>(List.of(top));
    if (name.length == 0) {
      if (files > 0) {
        throw new ArchiveException("a second beginning");
      }
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

  /** The bytes of one file, and not one more. */
  private static final class Part extends InputStream {
    private final InputStream in;
    private long left;

    Part(InputStream in, long left) {
      this.in = in;
      this.left = left;
    }

    @Override
    public int read() throws IOException {
      throw new IOException("in blocks only");
    }

    @Override
    public int read(byte[] buffer, int at, int length) throws IOException {
      if (left == 0) {
        return -1;
      }
      int count = in.read(buffer, at, (int) Math.min(length, left));
      left -= Math.max(0, count);
      return count;
    }
  }
}
