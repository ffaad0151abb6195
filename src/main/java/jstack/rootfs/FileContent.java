package jstack.rootfs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import jstack.linux.Posix;

/** Copies the content of an entry to a file, holes as holes. */
final class FileContent {
  private static final int BUFFER = 1 << 17;
  private static final int PAGE = 4096;
  private static final int SEEK_CUR = 1;

  private final byte[] buffer = new byte[BUFFER];
  private final ByteBuffer direct = ByteBuffer.allocateDirect(BUFFER);
  private final Meter meter;

  FileContent(Meter meter) {
    this.meter = meter;
  }

  /** How many bytes there were. */
  long copy(InputStream from, int fd) throws IOException {
    long written = 0;
    while (true) {
      int count = read(from, BUFFER);
      if (count <= 0) {
        return written;
      }
      meter.grow(count);
      write(fd, count);
      written += count;
    }
  }

  /** A page of zeros is passed over, never written. */
  long copySparse(InputStream from, int fd) throws IOException {
    long written = 0;
    while (true) {
      int count = readFully(from);
      if (count == 0) {
        Posix.check(Posix.libc().ftruncate(fd, written), "ftruncate");
        return written;
      }
      if (isZero(count)) {
        if (Posix.libc().lseek(fd, count, SEEK_CUR) < 0) {
          Posix.check(-1, "lseek");
        }
      } else {
        write(fd, count);
      }
      written += count;
    }
  }

  private int readFully(InputStream from) throws IOException {
    int count = 0;
    while (count < PAGE) {
      int more = read(from, count, PAGE - count);
      if (more <= 0) {
        break;
      }
      count += more;
    }
    return count;
  }

  private int read(InputStream from, int length) throws IOException {
    return read(from, 0, length);
  }

  private int read(InputStream from, int at, int length) throws IOException {
    int count;
    try {
      count = from.read(buffer, at, length);
    } catch (ArchiveException e) {
      throw e;
    } catch (IOException e) {
      throw new ArchiveException("the archive ends too early: " + e.getMessage());
    }
    meter.charge(Math.max(0, count));
    return count;
  }

  private void write(int fd, int count) throws IOException {
    direct.clear();
    direct.put(buffer, 0, count);
    direct.flip();
    Posix.writeAll(fd, direct);
  }

  private boolean isZero(int count) {
    for (int i = 0; i < count; i++) {
      if (buffer[i] != 0) {
        return false;
      }
    }
    return true;
  }
}
