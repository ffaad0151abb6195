package jstack.rootfs;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import jstack.rootfs.TarFixture.Header;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.junit.jupiter.api.Test;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** Streams that are cut, doubled, damaged, followed by something, or far too good. */
class HostileCompressionIT extends ArchiveSuite {
  private static final String[] BOTH = {"a f644 1", "b f644 3000"};
  private static final byte[] PLAIN = tar().file("a", "x").file("b", "y".repeat(3000)).end();
  private static final byte[] JUNK = "something else".getBytes();

  private interface Packer {
    OutputStream over(OutputStream out) throws IOException;
  }

  private static final Packer GZIP = GZIPOutputStream::new;
  private static final Packer XZ = out -> new XZOutputStream(out, new LZMA2Options(0));
  private static final Packer ZSTD = out -> new ZstdOutputStream(out).setChecksum(true);
  private static final Packer BZIP2 = BZip2CompressorOutputStream::new;

  private static byte[] pack(Packer packer, byte[] bytes) {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream out = packer.over(packed)) {
      out.write(bytes);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return packed.toByteArray();
  }

  /** The same bytes by every packer. */
  static List<byte[]> packed(byte[] bytes) {
    return List.of(pack(GZIP, bytes), pack(XZ, bytes), pack(ZSTD, bytes), pack(BZIP2, bytes));
  }

  private static byte[] members(Packer packer) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int from = 0; from < PLAIN.length; from += 700) {
      all.writeBytes(
          pack(packer, Arrays.copyOfRange(PLAIN, from, Math.min(PLAIN.length, from + 700))));
    }
    return all.toByteArray();
  }

  private static byte[] cut(Packer packer, int from) {
    byte[] whole = pack(packer, PLAIN);
    return Arrays.copyOf(whole, whole.length - from);
  }

  private static byte[] wrong(Packer packer, int fromEnd) {
    byte[] whole = pack(packer, PLAIN);
    whole[whole.length - fromEnd] ^= 1;
    return whole;
  }

  private static byte[] then(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  static Stream<Archive> archives() {
    String early = "ends too early";
    return Stream.of(
        accepted("G", "gzip", pack(GZIP, PLAIN), BOTH),
        refused("G1", "a gzip cut in its middle", cut(GZIP, 30), early, "(entry "),
        refused("G2", "a gzip without its trailer", cut(GZIP, 8), early, "(entry 2,"),
        refused("G2b", "a gzip without half its trailer", cut(GZIP, 4), early, "(entry 2,"),
        refused("G3", "a gzip with a wrong checksum", wrong(GZIP, 6), "checksum", "(entry 2,"),
        refused("G3b", "a gzip with a wrong length", wrong(GZIP, 2), "checksum", "(entry 2,"),
        refused(
            "G4",
            "a gzip with something behind it",
            then(pack(GZIP, PLAIN), JUNK),
            "no gzip follows",
            "(entry 2,"),
        refused(
            "G4b",
            "a gzip with something behind zeros",
            then(then(pack(GZIP, PLAIN), new byte[700]), JUNK),
            "no gzip follows",
            "(entry 2,"),
        refused(
            "G4c",
            "a gzip with the beginning of another",
            then(pack(GZIP, PLAIN), new byte[] {0x1f, (byte) 0x8b, 8}),
            early,
            "(entry 2,"),
        accepted(
            "G5", "a gzip with zeros behind it", then(pack(GZIP, PLAIN), new byte[300_000]), BOTH),
        accepted("G6", "gzip members, cut anywhere", members(GZIP), BOTH),
        refused(
            "G7",
            "gzip within gzip",
            pack(GZIP, pack(GZIP, PLAIN)),
            "compressed twice",
            "(entry 1, byte 0)"),
        accepted(
            "G8",
            "a first member of nothing",
            then(pack(GZIP, new byte[0]), pack(GZIP, PLAIN)),
            BOTH),
        refused("G8b", "nothing but such a member", pack(GZIP, new byte[0]), "no entry|early", ""),
        refused(
            "G10",
            "a gzip with an unknown method",
            new byte[] {0x1f, (byte) 0x8b, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0},
            "method",
            ""),
        accepted("X", "xz", pack(XZ, PLAIN), BOTH),
        refused("X1", "an xz that is cut", cut(XZ, 20), early, "(entry "),
        refused("X3", "an xz with a wrong index", wrong(XZ, 16), "damaged", "(entry "),
        accepted("X2", "xz streams one after the other", members(XZ), BOTH),
        refused(
            "X4",
            "an xz with something behind it",
            then(pack(XZ, PLAIN), JUNK),
            "damaged|early",
            "(entry 2,"),
        refused("X5", "an xz that asks for 1.5 GiB", greedyXz(), "memory", "(entry 1, byte 0)"),
        accepted("Z", "zstd", pack(ZSTD, PLAIN), BOTH),
        refused("Z1", "a zstd that is cut", cut(ZSTD, 6), "damaged|early", "(entry "),
        accepted("Z2", "zstd frames one after the other", members(ZSTD), BOTH),
        refused("Z3", "a zstd with a wrong checksum", wrong(ZSTD, 2), "damaged", "(entry "),
        refused(
            "Z4",
            "a zstd with something behind it",
            then(pack(ZSTD, PLAIN), JUNK),
            "damaged",
            "(entry 2,"),
        accepted("B", "bzip2", pack(BZIP2, PLAIN), BOTH),
        refused("B1", "a bzip2 that is cut", cut(BZIP2, 6), "damaged|early", "(entry "),
        accepted("B2", "bzip2 streams one after the other", members(BZIP2), BOTH),
        refused("B3", "a bzip2 with a wrong checksum", wrong(BZIP2, 3), "damaged|early", "(entry "),
        refused(
            "B4",
            "a bzip2 with something behind it",
            then(pack(BZIP2, PLAIN), JUNK),
            "damaged",
            "(entry "));
  }

  /** A whole small xz whose header asks for the largest dictionary there is; its sums are right. */
  private static byte[] greedyXz() {
    try {
      LZMA2Options options = new LZMA2Options(0);
      options.setDictSize(LZMA2Options.DICT_SIZE_MIN);
      byte[] bytes = pack(out -> new XZOutputStream(out, options), PLAIN);
      // Stream header 12 bytes; block header: size, flags, filter 0x21, 1, dictionary, padding,
      // CRC.
      bytes[12 + 4] = 37;
      java.util.zip.CRC32 crc = new java.util.zip.CRC32();
      int length = (bytes[12] + 1) * 4 - 4;
      crc.update(bytes, 12, length);
      for (int i = 0; i < 4; i++) {
        bytes[12 + length + i] = (byte) (crc.getValue() >>> (8 * i));
      }
      return bytes;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void aBombIsStopped() throws IOException {
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(bomb)) {
      gzip.write(new Header("zeros", '0', 130L << 20).summed());
      for (int i = 0; i < 130; i++) {
        gzip.write(new byte[1 << 20]);
      }
      gzip.write(new byte[1024]);
    }
    assertThatThrownBy(() -> unpack(bomb.toByteArray()))
        .hasMessageContaining("bomb")
        .hasMessageContaining("(entry 1, byte 0)");
  }

  @Test
  void aBombBehindTheEndIsStopped() throws IOException {
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(bomb)) {
      gzip.write(tar().file("a", "").end());
      for (int i = 0; i < 130; i++) {
        gzip.write(new byte[1 << 20]);
      }
    }
    assertThatThrownBy(() -> unpack(bomb.toByteArray())).hasMessageContaining("bomb");
  }
}
