package jstack.rootfs;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import jstack.diag.DiagnosticPrinter;
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
  private final List<String> leftOut = new ArrayList<>();

  private TreeSender(OutputStream out) {
    this.out = new DataOutputStream(new BufferedOutputStream(out, 1 << 16));
  }

  /**
   * Sends a file, a directory with all that is below it, or a link as such.
   *
   * @return sockets, pipes and devices, which are left out
   */
  public static List<String> send(Path path, OutputStream to) throws IOException {
    TreeSender sender = new TreeSender(to);
    byte[] name = Posix.zeroTerminated(path.toString().getBytes(StandardCharsets.UTF_8));
    int fd = Posix.check(Posix.libc().openat(Posix.AT_FDCWD, name, HANDLE, 0), "open " + path);
    sender.entry(fd, "", 0);
    sender.head('e', 0, 0, 0, "");
    sender.out.flush();
    return sender.leftOut;
  }

  /** Closes the descriptor. */
  private void entry(int fd, String name, int depth) throws IOException {
    try {
      if (depth > DEEPEST) {
        throw new IOException(name + ": more than " + DEEPEST + " directories deep");
      }
      // The thing that is held, whatever has its name by now; see proc(5).
      Path held = Path.of("/proc/self/fd/" + fd);
      Map<String, Object> attributes =
          Files.readAttributes(held, "unix:mode,size,lastModifiedTime");
      int mode = (int) attributes.getOrDefault("mode", 0);
      long size = (long) attributes.getOrDefault("size", 0L);
      long time =
          attributes.get("lastModifiedTime") instanceof FileTime when
              ? Math.max(0, when.to(TimeUnit.SECONDS))
              : 0;
      switch (mode & S_IFMT) {
        case S_IFDIR -> {
          head('d', mode, time, 0, name);
          directory(fd, held, name, depth);
        }
        case S_IFREG -> {
          head('f', mode, time, size, name);
          content(held, size, name);
        }
        case S_IFLNK -> {
          byte[] text = new byte[4096];
          long count = Posix.libc().readlinkat(fd, new byte[] {0}, text, text.length);
          Posix.check((int) count, "readlink " + name);
          head('l', mode, time, count, name);
          out.write(text, 0, (int) count);
        }
        default -> leftOut.add(DiagnosticPrinter.visible(name));
      }
    } finally {
      Posix.libc().close(fd);
    }
  }

  private void directory(int fd, Path held, String name, int depth) throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(held)) {
      for (Path each : entries) {
        names.add(String.valueOf(each.getFileName()));
      }
    }
    names.sort(null);
    for (String each : names) {
      byte[] bytes = Posix.zeroTerminated(each.getBytes(StandardCharsets.UTF_8));
      int child = Posix.libc().openat(fd, bytes, HANDLE, 0);
      entry(
          Posix.check(child, "open " + each), name.isEmpty() ? each : name + "/" + each, depth + 1);
    }
  }

  /** As many bytes as were announced. */
  private void content(Path held, long size, String name) throws IOException {
    long left = size;
    try (InputStream in = Files.newInputStream(held)) {
      while (left > 0) {
        int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
        if (count < 0) {
          throw new IOException(name + " became shorter while it was copied");
        }
        out.write(buffer, 0, count);
        left -= count;
      }
    }
  }

  private void head(char kind, int mode, long time, long size, String name) throws IOException {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    out.writeByte(kind);
    out.writeInt(mode & 0777);
    out.writeLong(time);
    out.writeLong(size);
    out.writeShort(bytes.length);
    out.write(bytes);
  }
}
