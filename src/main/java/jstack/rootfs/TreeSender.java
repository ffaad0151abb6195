package jstack.rootfs;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import jstack.diag.DiagnosticPrinter;
import jstack.linux.Errno;
import jstack.linux.Posix;

/**
 * Sends files of this machine to a container; see copy.h. Below what was named everything is opened
 * by descriptor and no link is followed: a container that can write there shows us nothing else.
 */
public final class TreeSender {
  private static final int DEEPEST = 256;
  private static final int HANDLE = Posix.O_PATH | Posix.O_NOFOLLOW | Posix.O_CLOEXEC;
  private static final int S_IFMT = 0170000;
  private static final int S_IFDIR = 0040000;
  private static final int S_IFREG = 0100000;
  private static final int S_IFLNK = 0120000;

  private final DataOutputStream out;
  private final byte[] buffer = new byte[1 << 16];
  private final LeftOut leftOut = new LeftOut();
  private final byte[] top;

  private TreeSender(OutputStream out, byte[] top) {
    this.top = top;
    this.out = new DataOutputStream(new BufferedOutputStream(out, 1 << 16));
  }

  /**
   * Sends a file, a directory with all that is below it, or a link as such.
   *
   * @return what is to be said of sockets, pipes and devices, which are left out
   */
  public static List<String> send(Path path, OutputStream to) throws IOException {
    byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
    TreeSender sender = new TreeSender(to, name);
    byte[] named = Posix.zeroTerminated(name);
    int fd = Posix.check(Posix.libc().openat(Posix.AT_FDCWD, named, HANDLE, 0), "open " + path);
    sender.entry(fd, new byte[0], 0);
    sender.head('e', Map.of(), 0, new byte[0]);
    sender.out.flush();
    return sender.leftOut.lines();
  }

  /** Closes the descriptor. */
  private void entry(int fd, byte[] name, int depth) throws IOException {
    try {
      if (depth > DEEPEST) {
        throw new IOException(shown(name) + ": more than " + DEEPEST + " directories deep");
      }
      // The thing that is held, whatever has its name by now; see proc(5).
      Path held = Path.of("/proc/self/fd/" + fd);
      Map<String, Object> attributes =
          Files.readAttributes(held, "unix:mode,size,lastModifiedTime,dev,ino");
      switch ((int) attributes.getOrDefault("mode", 0) & S_IFMT) {
        case S_IFDIR -> {
          head('d', attributes, 0, name);
          directory(fd, name, depth);
        }
        case S_IFREG -> {
          long size = (long) attributes.getOrDefault("size", 0L);
          head('f', attributes, size, name);
          content(held, size, name);
        }
        case S_IFLNK -> {
          byte[] text = new byte[4096];
          long count = Posix.libc().readlinkat(fd, new byte[] {0}, text, text.length);
          Posix.check((int) count, "readlink " + shown(name));
          head('l', attributes, count, name);
          out.write(text, 0, (int) count);
        }
        default -> leftOut.add(name.length == 0 ? top : name);
      }
    } finally {
      Posix.libc().close(fd);
    }
  }

  /** Its names one by one, since there may be millions. */
  private void directory(int fd, byte[] name, int depth) throws IOException {
    try (Posix.Names names = new Posix.Names(fd)) {
      for (byte[] each; (each = names.next()) != null; ) {
        if (each[0] == '.' && (each.length == 1 || (each.length == 2 && each[1] == '.'))) {
          continue;
        }
        byte[] below = join(name, each);
        int child = Posix.libc().openat(fd, Posix.zeroTerminated(each), HANDLE, 0);
        if (child < 0 && Posix.lastError() == Errno.ENOENT) {
          continue; // removed meanwhile
        }
        entry(Posix.check(child, "open " + shown(below)), below, depth + 1);
      }
    }
  }

  private static byte[] join(byte[] directory, byte[] name) {
    if (directory.length == 0) {
      return name;
    }
    byte[] path = Arrays.copyOf(directory, directory.length + 1 + name.length);
    path[directory.length] = '/';
    System.arraycopy(name, 0, path, directory.length + 1, name.length);
    return path;
  }

  private String shown(byte[] name) {
    return DiagnosticPrinter.visible(
        new String(name.length == 0 ? top : name, StandardCharsets.UTF_8));
  }

  /** As many bytes as were announced. */
  private void content(Path held, long size, byte[] name) throws IOException {
    long left = size;
    try (InputStream in = Files.newInputStream(held)) {
      while (left > 0) {
        int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
        if (count < 0) {
          throw new IOException(shown(name) + " became shorter while it was copied");
        }
        out.write(buffer, 0, count);
        left -= count;
      }
    }
  }

  private void head(char kind, Map<String, Object> attributes, long size, byte[] name)
      throws IOException {
    long time =
        attributes.get("lastModifiedTime") instanceof FileTime when
            ? Math.max(0, when.to(TimeUnit.SECONDS))
            : 0;
    FileIdentity identity = FileIdentity.of(attributes);
    out.writeByte(kind);
    out.writeInt((int) attributes.getOrDefault("mode", 0) & 0777);
    out.writeLong(time);
    out.writeLong(size);
    out.writeLong(identity.device());
    out.writeLong(identity.inode());
    out.writeShort(name.length);
    out.write(name);
  }
}
