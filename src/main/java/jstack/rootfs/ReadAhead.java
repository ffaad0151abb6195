package jstack.rootfs;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;

/** Reads a stream on a thread of its own: decompressing and writing share two processors. */
final class ReadAhead extends InputStream {
  private static final int CHUNK = 1 << 18;
  private static final int CHUNKS = 8;

  /** A piece of the stream; {@code length} -1 is its end, {@code failure} why it broke. */
  private record Chunk(byte[] bytes, int length, @Nullable Throwable failure) {}

  private final InputStream in;
  private final ArrayBlockingQueue<Chunk> full = new ArrayBlockingQueue<>(CHUNKS);
  private final ArrayBlockingQueue<byte[]> empty = new ArrayBlockingQueue<>(CHUNKS + 2);
  private final Thread thread;
  private @Nullable Throwable failed;
  private Chunk current = new Chunk(new byte[0], 0, null);
  private int at;

  ReadAhead(InputStream in) {
    this.in = in;
    for (int i = 0; i < CHUNKS; i++) {
      empty.add(new byte[CHUNK]);
    }
    thread = new Thread(this::fill, "decompress");
    thread.setDaemon(true);
    thread.start();
  }

  private void fill() {
    try {
      while (true) {
        byte[] bytes = empty.take();
        Chunk chunk = next(bytes);
        full.put(chunk);
        if (chunk.length() < 0) {
          return;
        }
      }
    } catch (InterruptedException e) {
      // Nobody reads any more.
    }
  }

  /**
   * Errors of a decompressor's own (out of memory, a bug met by hostile input) travel like others,
   * behind what came before them.
   */
  private Chunk next(byte[] bytes) {
    int length = 0;
    try {
      for (int more; length < bytes.length && failed == null; length += more) {
        more = in.read(bytes, length, bytes.length - length);
        if (more < 0) {
          break;
        }
      }
    } catch (IOException | RuntimeException | OutOfMemoryError | StackOverflowError e) {
      failed = e;
    }
    return length > 0 ? new Chunk(bytes, length, null) : new Chunk(bytes, -1, failed);
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
    if (current.length() >= 0 && at >= current.length()) {
      advance();
    }
    if (current.length() < 0) {
      return end();
    }
    int count = Math.min(length, current.length() - at);
    System.arraycopy(current.bytes(), at, bytes, from, count);
    at += count;
    return count;
  }

  private void advance() throws IOException {
    try {
      if (current.bytes().length == CHUNK) {
        empty.put(current.bytes());
      }
      current = full.take();
      at = 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private int end() throws IOException {
    Throwable failure = current.failure();
    if (failure instanceof java.io.EOFException) {
      throw new ArchiveException("the compressed archive ends too early");
    }
    if (failure instanceof ArchiveException refused) {
      throw refused;
    }
    if (failure != null) {
      throw new ArchiveException("the compressed archive is damaged: " + failure.getMessage());
    }
    return -1;
  }

  @Override
  public void close() throws IOException {
    thread.interrupt();
    in.close();
  }
}
