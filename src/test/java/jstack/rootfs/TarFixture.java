package jstack.rootfs;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes tars byte by byte, right or wrong, without any library that would mend them. */
final class TarFixture {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** A header as a test wants it; every field can lie. */
  static final class Header {
    private final byte[] block = new byte[512];

    Header(String name, char kind, long size) {
      text(0, 100, name);
      octal(100, 8, 0644);
      octal(108, 8, 0);
      octal(116, 8, 0);
      octal(124, 12, size);
      octal(136, 12, 1_000_000_000L);
      block[156] = (byte) kind;
      text(257, 8, "ustar\00000");
    }

    Header text(int at, int length, String value) {
      byte[] bytes = value.getBytes(StandardCharsets.ISO_8859_1);
      java.util.Arrays.fill(block, at, at + length, (byte) 0);
      System.arraycopy(bytes, 0, block, at, Math.min(length, bytes.length));
      return this;
    }

    Header octal(int at, int length, long value) {
      return text(at, length, String.format("%0" + (length - 1) + "o", value));
    }

    Header link(String target) {
      return text(157, 100, target);
    }

    Header mode(int mode) {
      return octal(100, 8, mode);
    }

    Header bytes(int at, int... values) {
      for (int i = 0; i < values.length; i++) {
        block[at + i] = (byte) values[i];
      }
      return this;
    }

    byte[] summed() {
      int sum = 8 * ' ';
      for (int i = 0; i < 512; i++) {
        sum += i >= 148 && i < 156 ? 0 : block[i] & 0xff;
      }
      text(148, 8, String.format("%06o\0 ", sum));
      return block;
    }
  }

  TarFixture add(Header header) {
    out.writeBytes(header.summed());
    return this;
  }

  TarFixture raw(byte[] bytes) {
    out.writeBytes(bytes);
    return this;
  }

  TarFixture body(byte[] bytes) {
    out.writeBytes(bytes);
    out.writeBytes(new byte[(512 - bytes.length % 512) % 512]);
    return this;
  }

  TarFixture file(String name, String content) {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    return add(new Header(name, '0', bytes.length)).body(bytes);
  }

  TarFixture directory(String name) {
    return add(new Header(name, '5', 0).mode(0755));
  }

  TarFixture symlink(String name, String target) {
    return add(new Header(name, '2', 0).link(target));
  }

  TarFixture hardLink(String name, String target) {
    return add(new Header(name, '1', 0).link(target));
  }

  /** A pax header with these records, a key and its value each. */
  TarFixture pax(char kind, String... keysAndValues) {
    ByteArrayOutputStream records = new ByteArrayOutputStream();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      records.writeBytes(record(keysAndValues[i], keysAndValues[i + 1]));
    }
    return add(new Header("pax", kind, records.size())).body(records.toByteArray());
  }

  private static byte[] record(String key, String value) {
    byte[] text = value.getBytes(StandardCharsets.ISO_8859_1);
    int length = key.length() + text.length + 3;
    int digits = Integer.toString(length + 2).length();
    int total = length + digits;
    if (Integer.toString(total).length() != digits) {
      total++;
    }
    ByteArrayOutputStream record = new ByteArrayOutputStream();
    record.writeBytes((total + " " + key + "=").getBytes(StandardCharsets.US_ASCII));
    record.writeBytes(text);
    record.write('\n');
    return record.toByteArray();
  }

  TarFixture gnu(char kind, String name) {
    byte[] bytes = (name + "\0").getBytes(StandardCharsets.ISO_8859_1);
    return add(new Header("././@LongLink", kind, bytes.length)).body(bytes);
  }

  byte[] end() {
    out.writeBytes(new byte[1024]);
    return out.toByteArray();
  }

  byte[] withoutEnd() {
    return out.toByteArray();
  }
}
