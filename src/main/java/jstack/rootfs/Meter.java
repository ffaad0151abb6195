package jstack.rootfs;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Counts what comes in and what comes out of an archive, and stops it when it is too much. */
final class Meter {
  private static final long HEARTBEAT = 1_000_000_000L;

  private final UnpackPolicy policy;
  private final TarUnpacker.Progress progress;
  private volatile long packed;
  private long written;
  private long content;
  private long heard = System.nanoTime();

  Meter(UnpackPolicy policy, TarUnpacker.Progress progress) {
    this.policy = policy;
    this.progress = progress;
  }

  /** The archive as it lies on disk: what a bomb is measured by. */
  InputStream packed(InputStream in) {
    return new Counting(in);
  }

  /** Bytes of files so far, holes included. */
  long written() {
    return written;
  }

  /** So many more bytes of a file, be they written or a hole. */
  void charge(int count) throws ArchiveException {
    written += count;
    if (written > policy.maxBytes()) {
      throw new ArchiveException("more than " + policy.maxBytes() + " bytes when unpacked");
    }
  }

  /** So many more bytes of the archive's own: within a file, too, before they are on the disk. */
  void grow(int count) throws ArchiveException {
    content += count;
    checkRatio(content);
  }

  private void checkRatio(long plain) throws ArchiveException {
    if (plain > policy.ratioFrom() && plain / policy.ratio() > packed) {
      throw new ArchiveException(
          "it grows more than " + policy.ratio() + " times when unpacked: a decompression bomb?");
    }
  }

  /** Where the archive is, uncompressed. */
  void at(long entries, long plain) throws ArchiveException {
    checkRatio(plain);
    long now = System.nanoTime();
    if (now - heard > HEARTBEAT) {
      heard = now;
      progress.at(entries, written);
    }
  }

  /** Read by the thread that decompresses, asked by the one that writes. */
  private final class Counting extends FilterInputStream {
    Counting(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int value = super.read();
      add(value < 0 ? 0 : 1);
      return value;
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
      int read = super.read(bytes, from, length);
      add(Math.max(0, read));
      return read;
    }

    private void add(int more) {
      long now = packed;
      packed = now + more;
    }
  }
}
