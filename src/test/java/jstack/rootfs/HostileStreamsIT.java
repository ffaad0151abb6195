package jstack.rootfs;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The mistakes of the bad files that xz and zstd are tested with themselves, each forged anew:
 * every one is refused with its place, or unpacked as tar would.
 */
class HostileStreamsIT extends ArchiveSuite {
  private static final String[] BOTH = {"a f644 1", "b f644 3000"};
  private static final byte[] PLAIN = tar().file("a", "x").file("b", "y".repeat(3000)).end();
  private static final String DAMAGED = "damaged|early";

  private static byte[] xz(Consumer<XzForge> change) {
    XzForge forge = new XzForge(PLAIN);
    change.accept(forge);
    return forge.stream();
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  private static Consumer<byte[]> set(int at, int value) {
    return bytes -> bytes[at < 0 ? bytes.length + at : at] = (byte) value;
  }

  private static Consumer<byte[]> flip(int at) {
    return bytes -> bytes[at < 0 ? bytes.length + at : at] ^= 1;
  }

  private static Archive bad(String id, String what, byte[] bytes) {
    return refused(id, what, bytes, DAMAGED, "byte ");
  }

  private static Archive badXz(String id, String what, Consumer<XzForge> change) {
    return bad(id, "an xz with " + what, xz(change));
  }

  static Stream<Archive> archives() {
    return Stream.of(containers(), blocks(), indexes(), frames(), zstdBlocks()).flatMap(s -> s);
  }

  /** Stream headers, footers, padding and what follows. */
  private static Stream<Archive> containers() {
    byte[] good = xz(f -> {});
    byte[] empty = new XzForge(new byte[0]).stream();
    return Stream.of(
        accepted("XF0", "a forged xz", good, BOTH),
        accepted("XF1", "an xz without a check", xz(f -> f.check = 0), BOTH),
        accepted("XF2", "an xz between empty ones", join(empty, good, blockless(), empty), BOTH),
        accepted("XF3", "xz streams and their padding", join(good, new byte[8], empty), BOTH),
        bad("XF4", "an xz and padding of no full word", join(good, new byte[3])),
        bad("XF5", "padding and another magic", join(good, new byte[4], "YZYZ".getBytes())),
        bad("XF6", "an xz and half another", join(good, Arrays.copyOf(good, 20))),
        bad("XF7", "an xz and an lzma", join(good, new byte[] {0x5d, 0, 0, 4, 0, -1, -1, -1})),
        badXz("XF8", "a wrong sum of its header", f -> f.header = flip(8)),
        badXz("XF9", "a reserved flag of its stream", f -> f.streamFlags0 = 1),
        badXz("XF10", "a reserved kind of check", f -> f.check = 0x12),
        badXz("XF11", "an unknown check", f -> f.check = 2),
        badXz("XF12", "another magic at its end", f -> f.footer = set(-1, 'z')),
        badXz("XF13", "a wrong sum of its footer", f -> f.footer = flip(0)),
        badXz("XF14", "a footer of another check", f -> f.footerCheck = 4),
        badXz("XF15", "an index that is said to be larger", f -> f.backwardMore = 1),
        badXz("XF16", "an index that is said to be smaller", f -> f.backwardMore = -1),
        refused("XF17", "an xz of nothing", empty, "early|no entry", ""),
        refused("XF18", "an xz without a block", blockless(), "early|no entry", ""));
  }

  private static byte[] blockless() {
    XzForge forge = new XzForge(new byte[0]);
    forge.blockless = true;
    return forge.stream();
  }

  private static Stream<Archive> blocks() {
    int length = XzForge.chunks(PLAIN).length;
    return Stream.of(
        accepted(
            "XB0",
            "an xz with the sizes of its block",
            xz(
                f -> {
                  f.declaredCompressed = length;
                  f.declaredUncompressed = PLAIN.length;
                }),
            BOTH),
        badXz("XB1", "too small a block", f -> f.declaredCompressed = length - 1),
        badXz("XB2", "too large a block", f -> f.declaredCompressed = length + 1),
        badXz("XB3", "a block of no bytes", f -> f.declaredCompressed = 0),
        badXz("XB4", "more in its block than it says", f -> f.declaredUncompressed = 1),
        badXz(
            "XB5",
            "less in its block than it says",
            f -> f.declaredUncompressed = PLAIN.length + 1),
        badXz("XB6", "a size of 63 bits", f -> f.declaredUncompressed = Long.MAX_VALUE),
        badXz("XB7", "a reserved flag of its block", f -> f.blockFlags = 0x04),
        badXz("XB8", "two filters where one is", f -> f.blockFlags = 1),
        badXz("XB9", "padding of its block's header", f -> f.blockHeader = set(-1, 1)),
        badXz("XB10", "a header that is cut", f -> f.blockHeader = set(0, 1)),
        badXz("XB11", "a header that is longer", f -> f.blockHeader = set(0, 0xff)),
        badXz("XB12", "an unknown filter", f -> f.filter = new int[] {0x7f, 1, 0}),
        badXz("XB13", "a filter that is never the last", f -> f.filter = new int[] {3, 1, 0}),
        badXz("XB14", "a property too much", f -> f.filter = new int[] {0x21, 2, 0, 0}),
        badXz("XB15", "a reserved dictionary", f -> f.filter = new int[] {0x21, 1, 41}),
        badXz("XB16", "reserved bits of a dictionary", f -> f.filter = new int[] {0x21, 1, 0x40}),
        badXz("XB17", "a dictionary of 4 GiB", f -> f.filter = new int[] {0x21, 1, 40}),
        badXz("XB18", "a chunk that begins no dictionary", f -> f.data = set(0, 2)),
        badXz("XB19", "a reserved chunk", f -> f.data = set(0, 0x03)),
        badXz("XB20", "a compressed chunk without its state", f -> f.data = set(0, 0x80)),
        badXz("XB21", "a chunk of wrong properties", f -> f.data = set(0, 0xe0)),
        badXz("XB22", "an end too early", f -> f.data = set(0, 0)),
        badXz("XB23", "no end of its chunks", f -> f.data = set(-1, 1)),
        badXz("XB24", "a chunk that is too long", f -> f.data = set(1, 0xff)),
        badXz("XB25", "a chunk that is too short", f -> f.data = set(1, 0)),
        badXz("XB26", "another byte in it", f -> f.data = flip(600)),
        badXz("XB27", "a wrong check", f -> f.sum = flip(3)),
        bad("XB28", "an xz with a padding of its block", padded(1)),
        accepted("XB29", "an xz of two chunks, padded", padded(0), "a f644 70000"));
  }

  /** Two chunks are no multiple of four bytes. */
  private static byte[] padded(int with) {
    XzForge forge = new XzForge(tar().file("a", "z".repeat(70_000)).end());
    forge.padding = with;
    return forge.stream();
  }

  private static Stream<Archive> indexes() {
    return Stream.of(
        badXz("XI1", "a longer block in its index", f -> f.indexUnpaddedMore = 4),
        badXz("XI2", "a shorter block in its index", f -> f.indexUnpaddedMore = -4),
        badXz("XI3", "more bytes in its index", f -> f.indexUncompressedMore = 1),
        badXz("XI4", "2^62 bytes in its index", f -> f.indexUncompressedMore = 1L << 62),
        badXz("XI5", "no block in its index", f -> f.records = 0),
        badXz("XI6", "two blocks in its index", f -> f.records = 2),
        badXz("XI7", "100000 blocks in its index", f -> f.records = 100_000),
        badXz("XI8", "another padding of its index", f -> f.index = set(-1, 1)),
        badXz(
            "XI9",
            "a number of ten bytes",
            f -> f.index = bytes -> Arrays.fill(bytes, 1, 7, (byte) -1)),
        badXz(
            "XI10",
            "a number with a zero at its end",
            f -> f.index = bytes -> bytes[2] = (byte) 0x80),
        badXz("XI11", "an index that is none", f -> f.index = set(0, 1)));
  }

  private static byte[] good() {
    return new ZstdForge().frame(17).raw(PLAIN).done();
  }

  private static int[] sum() {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (ZstdOutputStream out = new ZstdOutputStream(packed)) {
      out.setChecksum(true);
      out.write(PLAIN);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    byte[] bytes = packed.toByteArray();
    int[] sum = new int[4];
    for (int i = 0; i < 4; i++) {
      sum[i] = bytes[bytes.length - 4 + i];
    }
    return sum;
  }

  private static byte[] flood(int frames) {
    ZstdForge forge = new ZstdForge();
    for (int i = 0; i < frames; i++) {
      forge.skippable(i % 16, 0, new byte[0]);
    }
    return forge.done();
  }

  /** Frame headers, and what lies between frames. */
  private static Stream<Archive> frames() {
    int[] sum = sum();
    byte[] content = new byte[300];
    byte[] before = new ZstdForge().skippable(3, 300, content).done();
    int[] size = {PLAIN.length & 0xff, PLAIN.length >> 8 & 0xff, 0, 0};
    return Stream.of(
        accepted("ZF0", "a forged zstd", good(), BOTH),
        accepted(
            "ZF1",
            "a zstd with its sum",
            new ZstdForge().magic().bytes(4, 56).raw(PLAIN).bytes(sum).done(),
            BOTH),
        accepted(
            "ZF2",
            "a zstd in one segment",
            new ZstdForge().magic().bytes(0xa0).bytes(size).raw(PLAIN).done(),
            BOTH),
        accepted("ZF3", "a skippable frame first, as pzstd writes", join(before, good()), BOTH),
        accepted("ZF4", "skippable frames around it", join(before, before, good(), before), BOTH),
        accepted("ZF5", "300000 skippable frames", join(flood(300_000), good()), BOTH),
        accepted(
            "ZF6",
            "an empty frame first",
            join(new ZstdForge().frame(17).block(true, 0, 0, new byte[0]).done(), good()),
            BOTH),
        refused("ZF7", "nothing but skippable frames", flood(1000), "early|no entry", ""),
        bad("ZF8", "a skippable frame that is cut", join(good(), Arrays.copyOf(before, 200))),
        bad(
            "ZF9",
            "a skippable frame of 4 GiB",
            join(good(), new ZstdForge().skippable(0, 0xffff_ffffL, content).done())),
        bad("ZF10", "a zstd and half a magic", join(good(), new byte[] {0x28, (byte) 0xb5})),
        bad("ZF11", "a zstd and a single zero", join(good(), new byte[1])),
        bad(
            "ZF12",
            "a zstd and an old one",
            join(good(), new byte[] {0x27, (byte) 0xb5, 0x2f, -3})),
        bad("ZF13", "a reserved bit", new ZstdForge().magic().bytes(8, 56).raw(PLAIN).done()),
        bad(
            "ZF14",
            "a wrong sum",
            new ZstdForge().magic().bytes(4, 56).raw(PLAIN).bytes(1, 2, 3, 4).done()),
        bad("ZF15", "no sum", new ZstdForge().magic().bytes(4, 56).raw(PLAIN).done()),
        bad(
            "ZF16",
            "a dictionary that nobody has",
            new ZstdForge().magic().bytes(1, 56, 42).raw(PLAIN).done()),
        bad(
            "ZF17",
            "less than it says",
            new ZstdForge().magic().bytes(0xa0).number(PLAIN.length + 1, 4).raw(PLAIN).done()),
        bad(
            "ZF18",
            "more than it says",
            new ZstdForge().magic().bytes(0xa0).number(PLAIN.length - 1, 4).raw(PLAIN).done()),
        refused(
            "ZF19",
            "a window of 2 GiB",
            new ZstdForge().frame(31).raw(PLAIN).done(),
            "memory|damaged",
            "byte 0"),
        refused(
            "ZF20",
            "the largest window there is",
            new ZstdForge().magic().bytes(0, 0xff).raw(PLAIN).done(),
            "memory|damaged",
            "byte 0"),
        refused(
            "ZF21",
            "one segment of 2^62 bytes",
            new ZstdForge().magic().bytes(0xe0).number(1L << 62, 8).raw(PLAIN).done(),
            "memory|damaged",
            "byte 0"));
  }

  private static Stream<Archive> zstdBlocks() {
    byte[] large = Arrays.copyOf(PLAIN, ZstdForge.MOST_OF_A_BLOCK + 1);
    return Stream.of(
        bad(
            "ZB1",
            "a reserved kind of block",
            new ZstdForge().frame(17).block(true, ZstdForge.RESERVED, 5, new byte[5]).done()),
        bad(
            "ZB2",
            "a block that is too large",
            new ZstdForge().frame(20).block(true, ZstdForge.RAW, large.length, large).done()),
        bad(
            "ZB3",
            "a block larger than its window",
            new ZstdForge().frame(10).block(true, ZstdForge.RAW, 5000, new byte[5000]).done()),
        bad(
            "ZB4",
            "no last block",
            join(new ZstdForge().frame(17).block(false, 0, PLAIN.length, PLAIN).done())),
        bad(
            "ZB5",
            "a compressed block of nothing",
            new ZstdForge().frame(17).block(true, ZstdForge.COMPRESSED, 0, new byte[0]).done()),
        bad(
            "ZB6",
            "a compressed block of one byte",
            new ZstdForge().frame(17).block(true, ZstdForge.COMPRESSED, 1, new byte[1]).done()),
        bad(
            "ZB7",
            "a compressed block of noise",
            new ZstdForge().frame(17).block(true, ZstdForge.COMPRESSED, 300, noise()).done()),
        bad(
            "ZB8",
            "a block that is cut",
            new ZstdForge().frame(17).block(true, ZstdForge.RAW, PLAIN.length + 9, PLAIN).done()));
  }

  private static byte[] noise() {
    byte[] bytes = new byte[300];
    new java.util.Random(11).nextBytes(bytes);
    return bytes;
  }

  /** A block of three bytes becomes 128 KiB: eight of them are a megabyte. */
  @Test
  void aBombOfRepeatedBlocksIsStopped() throws IOException {
    ZstdForge forge =
        new ZstdForge()
            .frame(17)
            .block(
                false,
                ZstdForge.RAW,
                512,
                Arrays.copyOf(new TarFixture.Header("zeros", '0', 7L << 30).summed(), 512));
    for (int i = 0; i < 8 * 1024; i++) {
      forge.block(false, ZstdForge.REPEATED, ZstdForge.MOST_OF_A_BLOCK, new byte[1]);
    }
    org.assertj.core.api.Assertions.assertThatThrownBy(() -> unpack(forge.done()))
        .isInstanceOf(ArchiveException.class)
        .hasMessageContaining("bomb");
  }

  /** Each of them, cut at each byte, and with each byte another: never another content. */
  @Test
  void noCutAndNoWrongByteGoesUnseen() {
    byte[] plain = tar().file("a", "x").end();
    List<byte[]> all = new ArrayList<>(HostileCompressionIT.packed(plain));
    XzForge forge = new XzForge(plain);
    all.add(forge.stream());
    int tried = 0;
    for (byte[] packed : all) {
      for (int at = 0; at < packed.length; at++) {
        assertThat(read(Arrays.copyOf(packed, at))).as("cut at " + at).isEqualTo("refused");
        byte[] other = packed.clone();
        other[at] ^= (byte) (1 << at % 8);
        String seen = read(other);
        // Some bits of a gzip's header mean nothing: its time, its system, how hard it tried.
        assertThat(seen).as("byte " + at + " of " + packed.length).isIn("refused", "same");
        tried += 2;
      }
    }
    System.out.println("streams cut and changed: " + tried);
  }

  /** What comes of it. */
  private static String read(byte[] packed) {
    byte[] plain = tar().file("a", "x").end();
    try (InputStream in = Decompression.open(new ByteArrayInputStream(packed))) {
      byte[] seen = in.readAllBytes();
      return Arrays.equals(seen, plain)
          ? "same"
          : Arrays.equals(seen, packed) ? "refused" : "other";
    } catch (IOException | RuntimeException e) {
      return "refused";
    }
  }
}
