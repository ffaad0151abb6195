package jstack.rootfs;

import java.io.ByteArrayOutputStream;
import java.util.function.Consumer;
import java.util.zip.CRC32;

/**
 * Writes .xz streams byte by byte, right or wrong: one block of uncompressed LZMA2 chunks. Each
 * part can be tampered with before its checksum is made, or after. See the format's description,
 * version 1.2.0, and the files called bad-* of its test suite, whose mistakes these are.
 */
final class XzForge {
  /** Fields that a test changes before {@link #stream}. */
  int check = 1; // CRC32

  int streamFlags0;
  int blockFlags;
  int[] filter = {0x21, 1, 0};
  long declaredCompressed = -1;
  long declaredUncompressed = -1;
  int records = 1;
  long indexUnpaddedMore;
  long indexUncompressedMore;
  long backwardMore;
  int footerCheck = -1;
  int padding;
  Consumer<byte[]> header = bytes -> {};
  Consumer<byte[]> blockHeader = bytes -> {};
  Consumer<byte[]> data = bytes -> {};
  Consumer<byte[]> sum = bytes -> {};
  Consumer<byte[]> index = bytes -> {};
  Consumer<byte[]> footer = bytes -> {};
  boolean blockless;

  private final byte[] plain;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  XzForge(byte[] plain) {
    this.plain = plain;
  }

  private static void word(ByteArrayOutputStream to, long value) {
    for (int i = 0; i < 4; i++) {
      to.write((int) (value >>> (8 * i)));
    }
  }

  private static long crc(byte[] bytes, int from, int length) {
    CRC32 crc = new CRC32();
    crc.update(bytes, from, length);
    return crc.getValue();
  }

  /** Seven bits each, the lowest first. */
  static void number(ByteArrayOutputStream to, long value) {
    long left = value;
    while (left >= 0x80 || left < 0) {
      to.write((int) (left & 0x7f | 0x80));
      left >>>= 7;
    }
    to.write((int) left);
  }

  /** LZMA2 as it is written when nothing can be compressed. */
  static byte[] chunks(byte[] plain) {
    ByteArrayOutputStream chunks = new ByteArrayOutputStream();
    for (int from = 0; from < plain.length; from += 1 << 16) {
      int length = Math.min(1 << 16, plain.length - from);
      chunks.write(from == 0 ? 1 : 2);
      chunks.write((length - 1) >> 8);
      chunks.write(length - 1);
      chunks.write(plain, from, length);
    }
    chunks.write(0);
    return chunks.toByteArray();
  }

  byte[] stream() {
    ByteArrayOutputStream flags = new ByteArrayOutputStream();
    flags.write(streamFlags0);
    flags.write(check);
    byte[] kind = flags.toByteArray();
    ByteArrayOutputStream first = new ByteArrayOutputStream();
    first.writeBytes(new byte[] {(byte) 0xfd, '7', 'z', 'X', 'Z', 0});
    first.writeBytes(kind);
    word(first, crc(kind, 0, 2));
    part(first, header);
    long unpadded = blockless ? 0 : block();
    index(unpadded, kind);
    return out.toByteArray();
  }

  private void part(ByteArrayOutputStream from, Consumer<byte[]> tamper) {
    byte[] bytes = from.toByteArray();
    tamper.accept(bytes);
    out.writeBytes(bytes);
  }

  private long block() {
    byte[] chunks = chunks(plain);
    data.accept(chunks);
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    int flags = blockFlags;
    flags |= declaredCompressed >= 0 ? 0x40 : 0;
    flags |= declaredUncompressed >= 0 ? 0x80 : 0;
    head.write(0);
    head.write(flags);
    if (declaredCompressed >= 0) {
      number(head, declaredCompressed);
    }
    if (declaredUncompressed >= 0) {
      number(head, declaredUncompressed);
    }
    for (int each : filter) {
      head.write(each);
    }
    while (head.size() % 4 != 0) {
      head.write(0);
    }
    byte[] bytes = head.toByteArray();
    bytes[0] = (byte) (bytes.length / 4);
    blockHeader.accept(bytes);
    out.writeBytes(bytes);
    word(out, crc(bytes, 0, bytes.length));
    out.writeBytes(chunks);
    int odd = (4 - chunks.length % 4) % 4;
    for (int i = 0; i < odd; i++) {
      out.write(padding);
    }
    byte[] made = new byte[check == 0 ? 0 : 4];
    long value = crc(plain, 0, plain.length);
    for (int i = 0; i < made.length; i++) {
      made[i] = (byte) (value >>> (8 * i));
    }
    sum.accept(made);
    out.writeBytes(made);
    return bytes.length + 4L + chunks.length + made.length;
  }

  private void index(long unpadded, byte[] kind) {
    ByteArrayOutputStream list = new ByteArrayOutputStream();
    list.write(0);
    number(list, blockless ? records - 1 : records);
    for (int i = blockless ? 1 : 0; i < records; i++) {
      number(list, unpadded + indexUnpaddedMore);
      number(list, plain.length + indexUncompressedMore);
    }
    while (list.size() % 4 != 0) {
      list.write(0);
    }
    byte[] bytes = list.toByteArray();
    index.accept(bytes);
    out.writeBytes(bytes);
    word(out, crc(bytes, 0, bytes.length));
    ByteArrayOutputStream back = new ByteArrayOutputStream();
    word(back, (bytes.length + 4L) / 4 - 1 + backwardMore);
    back.writeBytes(kind);
    byte[] end = back.toByteArray();
    if (footerCheck >= 0) {
      end[5] = (byte) footerCheck;
    }
    ByteArrayOutputStream last = new ByteArrayOutputStream();
    word(last, crc(end, 0, end.length));
    last.writeBytes(end);
    last.writeBytes(new byte[] {'Y', 'Z'});
    part(last, footer);
  }
}
