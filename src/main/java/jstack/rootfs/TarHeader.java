package jstack.rootfs;

import java.util.Arrays;

/** One block of 512 bytes that describes an entry; see tar(5). Every field may lie. */
final class TarHeader {
  static final int BLOCK = 512;

  private final byte[] block;

  /**
   * @param block read again whenever a method is called
   */
  @SuppressWarnings("ArrayRecordComponent")
  TarHeader(byte[] block) {
    this.block = block;
  }

  boolean isZero() {
    for (byte b : block) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  /** The link flag: what kind of entry it is. */
  byte kind() {
    return block[156];
  }

  byte[] name() {
    byte[] name = text(0, 100);
    boolean posix = block[257] == 'u' && block[262] == 0;
    byte[] prefix = posix ? text(345, 155) : new byte[0];
    if (prefix.length == 0) {
      return name;
    }
    byte[] whole = Arrays.copyOf(prefix, prefix.length + 1 + name.length);
    whole[prefix.length] = '/';
    System.arraycopy(name, 0, whole, prefix.length + 1, name.length);
    return whole;
  }

  byte[] link() {
    return text(157, 100);
  }

  long size() throws ArchiveException {
    return number(124, 12);
  }

  long uid() throws ArchiveException {
    return number(108, 8);
  }

  long gid() throws ArchiveException {
    return number(116, 8);
  }

  /** Whether a header of the old GNU kind of sparse file is followed by more of its map. */
  boolean mapGoesOn() {
    return block[482] != 0;
  }

  /** The same for such a block of the map itself. */
  boolean mapBlockGoesOn() {
    return block[504] != 0;
  }

  /** Whether its own sum is right, be it of signed or of unsigned bytes. */
  boolean hasCheckSum() {
    int sum = 0;
    int signed = 0;
    for (int i = 0; i < BLOCK; i++) {
      int value = i >= 148 && i < 156 ? ' ' : block[i];
      sum += value & 0xff;
      signed += value;
    }
    return saysCheckSum(sum) || saysCheckSum(signed);
  }

  /** Octal digits, then zeros or spaces, in whatever order tars have written them. */
  private boolean saysCheckSum(int sum) {
    long value = 0;
    for (int i = 148; i < 156; i++) {
      byte b = block[i];
      if (b >= '0' && b <= '7') {
        value = value * 8 + b - '0';
      } else if (b != ' ' && b != 0) {
        return false;
      }
    }
    return value == sum;
  }

  /** Octal digits, or GNU's base 256 when the first bit is set. */
  private long number(int at, int length) throws ArchiveException {
    if ((block[at] & 0x80) != 0) {
      return binary(at, length);
    }
    long value = 0;
    boolean digits = false;
    for (int i = at; i < at + length; i++) {
      byte b = block[i];
      if (b == ' ' && !digits) {
        continue;
      }
      if (b == 0 || b == ' ') {
        break;
      }
      if (b < '0' || b > '7') {
        throw new ArchiveException("a number that is none");
      }
      digits = true;
      value = value * 8 + b - '0';
    }
    return value;
  }

  private long binary(int at, int length) throws ArchiveException {
    boolean negative = (block[at] & 0x40) != 0;
    long value = (block[at] & 0x3f) | (negative ? ~0x3fL : 0);
    for (int i = at + 1; i < at + length; i++) {
      if (value != (value << 8 >> 8)) {
        throw new ArchiveException("a number too large");
      }
      value = value << 8 | (block[i] & 0xff);
    }
    return value;
  }

  private byte[] text(int from, int length) {
    int end = from;
    while (end < from + length && block[end] != 0) {
      end++;
    }
    return Arrays.copyOfRange(block, from, end);
  }
}
