package jstack.rootfs;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The content of gzip members one after the other, up to the last byte of the file: zeros may
 * follow, as tapes pad, and nothing else. The JDK's own reader stops at the first member that it
 * does not understand, and calls that the end. See RFC 1952.
 */
final class GzipMembers extends InputStream {
  private static final int BUFFER = 1 << 17;
  private static final int MAGIC = 0x1f8b;
  private static final int DEFLATE = 8;
  private static final int HEADER_CRC = 2;
  private static final int EXTRA = 4;
  private static final int NAME = 8;
  private static final int COMMENT = 16;
  private static final int LONGEST_TEXT = 1 << 16;

  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER];
  private final Inflater inflater = new Inflater(true);
  private final CRC32 crc = new CRC32();
  private int at;
  private int end;
  private long size;
  private boolean ended;

  GzipMembers(InputStream in) throws IOException {
    this.in = in;
    header(next());
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int from, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    try {
      while (!ended) {
        int count = inflater.inflate(bytes, from, length);
        if (count > 0) {
          crc.update(bytes, from, count);
          size += count;
          return count;
        }
        if (inflater.finished()) {
          at = end - inflater.getRemaining();
          trailer();
          ended = !goesOn();
        } else if (inflater.needsDictionary()) {
          throw new ArchiveException("gzip: a dictionary that nobody has");
        } else {
          fill();
          inflater.setInput(buffer, at, end - at);
          at = end;
        }
      }
    } catch (DataFormatException e) {
      throw new ArchiveException("the compressed archive is damaged: " + e.getMessage());
    }
    return -1;
  }

  private void trailer() throws IOException {
    long wanted = word();
    long length = word();
    if (wanted != crc.getValue() || length != (size & 0xffffffffL)) {
      throw new ArchiveException("the compressed archive is damaged: its checksum is wrong");
    }
  }

  /** Whether another member follows. */
  private boolean goesOn() throws IOException {
    int first = peek();
    if (first > 0) {
      header(next());
      return true;
    }
    while (first == 0) {
      at++;
      first = peek();
    }
    if (first > 0) {
      throw trailing();
    }
    return false;
  }

  private static ArchiveException trailing() {
    return new ArchiveException("something that is no gzip follows the compressed archive");
  }

  private void header(int first) throws IOException {
    if ((first << 8 | next()) != MAGIC) {
      throw trailing();
    }
    if (next() != DEFLATE) {
      throw new ArchiveException("gzip: an unknown method");
    }
    int flags = next();
    skip(6);
    if ((flags & EXTRA) != 0) {
      skip(next() | next() << 8);
    }
    if ((flags & NAME) != 0) {
      text();
    }
    if ((flags & COMMENT) != 0) {
      text();
    }
    if ((flags & HEADER_CRC) != 0) {
      skip(2);
    }
    inflater.reset();
    inflater.setInput(buffer, at, end - at);
    at = end;
    crc.reset();
    size = 0;
  }

  private void text() throws IOException {
    for (int length = 0; next() != 0; length++) {
      if (length > LONGEST_TEXT) {
        throw new ArchiveException("gzip: a name without an end");
      }
    }
  }

  private void skip(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      next();
    }
  }

  private long word() throws IOException {
    return next() | next() << 8 | next() << 16 | (long) next() << 24;
  }

  private int next() throws IOException {
    if (at == end) {
      fill();
    }
    return buffer[at++] & 0xff;
  }

  /** The next byte without taking it, -1 at the end. */
  private int peek() throws IOException {
    if (at == end) {
      at = 0;
      end = Math.max(0, in.read(buffer, 0, BUFFER));
    }
    return at == end ? -1 : buffer[at] & 0xff;
  }

  private void fill() throws IOException {
    at = 0;
    end = Math.max(0, in.read(buffer, 0, BUFFER));
    if (end == 0) {
      throw new EOFException();
    }
  }

  @Override
  public void close() throws IOException {
    inflater.end();
    in.close();
  }
}
