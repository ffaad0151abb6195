package jstack.rootfs;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Walks along the frames of a zstd file while they are read, from one block's header to the next:
 * the decoder takes a file that ends inside a header, or inside a frame that is to be passed over,
 * for one that ended well. See RFC 8878, section 3.
 */
final class ZstdFrames extends FilterInputStream {
  private static final long MAGIC = 0xfd2fb528L;
  private static final long SKIPPABLE = 0x184d2a50L;
  private static final int REPEATED = 1;

  /** What the next bytes are. */
  private enum Part {
    MAGIC,
    SKIPPED_SIZE,
    SKIPPED,
    DESCRIPTOR,
    HEADER,
    BLOCK_HEADER,
    BLOCK,
    CHECKSUM
  }

  private Part part = Part.MAGIC;

  /** Of the part, and what came of it so far: all of them small but the contents. */
  private long left = 4;

  private long value;
  private int taken;
  private boolean last;
  private boolean summed;
  private boolean strange;

  ZstdFrames(InputStream in) {
    super(in);
  }

  /** Whether a file that begins so may be one; the first frame may be one to pass over. */
  static boolean begins(byte[] head) {
    if (head.length < 4) {
      return false;
    }
    long word = 0;
    for (int i = 0; i < 4; i++) {
      word |= (head[i] & 0xffL) << (8 * i);
    }
    return word == MAGIC || (word & ~0xfL) == SKIPPABLE;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int from, int length) throws IOException {
    if (strange) {
      throw new ArchiveException("something that is no zstd follows the compressed archive");
    }
    int count = in.read(bytes, from, length);
    if (count < 0) {
      if (part != Part.MAGIC || taken > 0) {
        throw new EOFException("a zstd frame ends too early");
      }
      return count;
    }
    walk(bytes, from, count);
    return count;
  }

  private void walk(byte[] bytes, int from, int count) {
    int at = from;
    int end = from + count;
    while (at < end) {
      if (part == Part.SKIPPED || part == Part.BLOCK) {
        int passed = (int) Math.min(left, end - at);
        at += passed;
        left -= passed;
      } else {
        value |= (bytes[at++] & 0xffL) << (8 * Math.min(taken, 7));
        taken++;
        left--;
      }
      while (left == 0) {
        next();
      }
    }
  }

  private void begin(Part next, long length) {
    part = next;
    left = length;
    value = 0;
    taken = 0;
  }

  /** The part has ended. */
  private void next() {
    switch (part) {
      case MAGIC -> magic();
      case SKIPPED_SIZE -> begin(Part.SKIPPED, value);
      case SKIPPED, CHECKSUM -> begin(Part.MAGIC, 4);
      case DESCRIPTOR -> header((int) value);
      case HEADER -> begin(Part.BLOCK_HEADER, 3);
      case BLOCK_HEADER -> {
        last = (value & 1) == 1;
        begin(Part.BLOCK, (value >> 1 & 3) == REPEATED ? 1 : value >> 3);
      }
      case BLOCK -> {
        if (!last) {
          begin(Part.BLOCK_HEADER, 3);
        } else if (summed) {
          begin(Part.CHECKSUM, 4);
        } else {
          begin(Part.MAGIC, 4);
        }
      }
    }
  }

  private void magic() {
    if (value == MAGIC) {
      begin(Part.DESCRIPTOR, 1);
    } else if ((value & ~0xfL) == SKIPPABLE) {
      begin(Part.SKIPPED_SIZE, 4);
    } else {
      strange = true; // The decoder has its say first, behind all that came before.
      begin(Part.SKIPPED, Long.MAX_VALUE);
    }
  }

  private void header(int descriptor) {
    boolean single = (descriptor & 0x20) != 0;
    int dictionary = new int[] {0, 1, 2, 4}[descriptor & 3];
    int size = new int[] {single ? 1 : 0, 2, 4, 8}[descriptor >> 6];
    summed = (descriptor & 4) != 0;
    begin(Part.HEADER, (single ? 0 : 1) + dictionary + size);
  }
}
