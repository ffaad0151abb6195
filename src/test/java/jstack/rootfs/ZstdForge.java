package jstack.rootfs;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/** Writes zstd frames byte by byte, right or wrong: raw and repeated blocks only. See RFC 8878. */
final class ZstdForge {
  static final int RAW = 0;
  static final int REPEATED = 1;
  static final int COMPRESSED = 2;
  static final int RESERVED = 3;
  static final int MOST_OF_A_BLOCK = 1 << 17;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** What begins a frame. */
  ZstdForge magic() {
    return bytes(0x28, 0xb5, 0x2f, 0xfd);
  }

  ZstdForge bytes(int... values) {
    for (int value : values) {
      out.write(value);
    }
    return this;
  }

  ZstdForge number(long value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      out.write((int) (value >>> (8 * i)));
    }
    return this;
  }

  /** A frame without sizes, whose window is 2^log bytes. */
  ZstdForge frame(int log) {
    return magic().bytes(0, (log - 10) << 3);
  }

  ZstdForge block(boolean last, int kind, int size, byte[] content) {
    number((last ? 1 : 0) | kind << 1 | (long) size << 3, 3);
    out.writeBytes(content);
    return this;
  }

  /** Raw, in blocks as large as may be. */
  ZstdForge raw(byte[] plain) {
    for (int from = 0; from < plain.length; from += MOST_OF_A_BLOCK) {
      int end = Math.min(plain.length, from + MOST_OF_A_BLOCK);
      block(end == plain.length, RAW, end - from, Arrays.copyOfRange(plain, from, end));
    }
    return this;
  }

  /** What a reader has to pass over, one of sixteen magic numbers. */
  ZstdForge skippable(int kind, long declared, byte[] content) {
    number(0x184d2a50L + kind, 4).number(declared, 4);
    out.writeBytes(content);
    return this;
  }

  byte[] done() {
    return out.toByteArray();
  }
}
