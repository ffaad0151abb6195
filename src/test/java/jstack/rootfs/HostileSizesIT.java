package jstack.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import jstack.rootfs.TarFixture.Header;
import jstack.support.Command;
import org.junit.jupiter.api.Test;

/**
 * Sizes that are none, sizes that nobody has, and each limit: as much as it allows, and one more.
 */
class HostileSizesIT extends ArchiveSuite {
  private static final String FIRST = "(entry 1, byte 0)";

  static Stream<Archive> archives() {
    return Stream.concat(Stream.concat(sizes(), sparse()), limits());
  }

  private static Stream<Archive> sizes() {
    return Stream.of(
        refused(
            "43", "-1", sized(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1), "negative", FIRST),
        refused(
            "44",
            "no digits",
            tar().add(new Header("a", '0', 0).text(124, 12, "xyz")).end(),
            "a number that is none",
            FIRST),
        refused(
            "45",
            "beyond 64 bits",
            sized(0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
            "too large",
            FIRST),
        refused(
            "56",
            "-1 by pax",
            tar().pax('x', "size", "-1").file("a", "").end(),
            "malformed size",
            FIRST),
        refused(
            "57",
            "beyond 64 bits by pax",
            tar().pax('x', "size", "9".repeat(30)).file("a", "").end(),
            "malformed size",
            FIRST),
        refused(
            "57b",
            "nothing by pax",
            tar().pax('x', "size", "").file("a", "").end(),
            "malformed size",
            FIRST),
        refused(
            "58",
            "8 EiB",
            sized(0x80, 0, 0, 0, 0x70, 0, 0, 0, 0, 0, 0, 0),
            "at most 8589934592",
            FIRST),
        refused(
            "59",
            "1 TiB",
            sized(0x80, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0),
            "at most 8589934592",
            FIRST),
        refused(
            "59b",
            "4 GiB without the bytes",
            tar().add(new Header("a", '0', 4L << 30)).end(),
            "too early",
            FIRST));
  }

  private static Stream<Archive> sparse() {
    return Stream.of(
        refused(
            "60",
            "1 TiB of three bytes, by pax",
            pax("1\n0\n3\n", 1L << 40),
            "at most|damaged",
            FIRST),
        refused(
            "61",
            "1 TiB of three bytes, the old way",
            tar()
                .add(old(0, 3).bytes(483, 0x80, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0))
                .body(new byte[3])
                .end(),
            "at most|damaged",
            FIRST),
        refused(
            "64",
            "pieces that overlap",
            pax("2\n0\n600\n300\n600\n", 2000),
            "damaged|too early",
            FIRST),
        refused("62", "three million pieces", pax("3000000\n0\n1\n", 9), "100000 pieces", FIRST),
        refused("62b", "the same the old way", oldBlocks(4762), "100000 pieces", FIRST),
        refused("62c", "a map that is none", pax("x\n", 9), "damaged", FIRST),
        accepted("62d", "two pieces", pax("2\n0\n1\n5\n1\n", 6), "s f644 6").under(pieces()),
        refused("62e", "three of at most two", pax("3\n0\n1\n3\n1\n5\n1\n", 6), "2 pieces", FIRST)
            .under(pieces()));
  }

  private static Stream<Archive> limits() {
    String record = "100 comment=" + "x".repeat(87) + "\n";
    return Stream.of(
        accepted(
                "L1",
                "as many entries as are allowed",
                tar().file("a", "").file("b", "").end(),
                "a f644 0",
                "b f644 0")
            .under(small()),
        refused(
                "L1b",
                "one more",
                tar().file("a", "").file("b", "").file("c", "").end(),
                "more than 2 entries",
                "(entry 3, byte 1024)")
            .under(small()),
        refused(
                "L1c",
                "global headers count, too",
                tar().pax('g', "a", "b").pax('g', "a", "b").file("c", "").end(),
                "more than 2 entries",
                "")
            .under(small()),
        accepted(
                "L2",
                "as large a file as is allowed",
                tar().file("a", "x".repeat(60)).end(),
                "a f644 60")
            .under(small()),
        refused(
                "L2b",
                "one byte more",
                tar().file("a", "x".repeat(61)).end(),
                "a file of 61 bytes; at most 60",
                FIRST)
            .under(small()),
        accepted(
                "L3",
                "as many bytes as are allowed",
                tar().file("a", "x".repeat(60)).file("b", "x".repeat(40)).end(),
                "a f644 60",
                "b f644 40")
            .under(small()),
        refused(
                "L3b",
                "one byte more",
                tar().file("a", "x".repeat(60)).file("b", "x".repeat(41)).end(),
                "more than 100 bytes",
                "(entry 2, byte 1024)")
            .under(small()),
        accepted(
                "L4",
                "as large an extension as is allowed",
                tar().add(new Header("p", 'x', 100)).body(record.getBytes()).file("y", "").end(),
                "y f644 0")
            .under(small()),
        refused(
                "L4b",
                "one byte more",
                tar().gnu('L', "n".repeat(100)).file("y", "").end(),
                "extension header of more than 100 bytes",
                FIRST)
            .under(small()),
        refused(
            "L5",
            "global headers that are too much together",
            tar()
                .pax('g', "a", "x".repeat(600_000))
                .pax('g', "b", "x".repeat(600_000))
                .file("y", "")
                .end(),
            "extension header of more than 1048576",
            "(entry 1,"));
  }

  /** Two entries, 100 bytes, 60 of a file, 100 of an extension, two pieces. */
  private static UnpackPolicy small() {
    return UnpackPolicy.parse("0,false,2,100,60,200,100000000,4095,255,256,100,2");
  }

  /** 2000 bytes of a file, two pieces. */
  private static UnpackPolicy pieces() {
    return UnpackPolicy.parse("0,false,9,9000,2000,200,100000000,4095,255,256,1000,2");
  }

  private static byte[] sized(int... bytes) {
    return tar().add(new Header("a", '0', 0).bytes(124, bytes)).end();
  }

  private static byte[] pax(String map, long size) {
    byte[] body = new byte[1024];
    System.arraycopy(map.getBytes(), 0, body, 0, map.length());
    java.util.Arrays.fill(body, 512, 1024, (byte) 'x');
    return tar()
        .pax(
            'x',
            "GNU.sparse.major",
            "1",
            "GNU.sparse.minor",
            "0",
            "GNU.sparse.name",
            "s",
            "GNU.sparse.realsize",
            Long.toString(size))
        .add(new Header("GNUSparseFile.0/s", '0', 512 + pieces(map)))
        .body(java.util.Arrays.copyOf(body, (int) (512 + pieces(map))))
        .end();
  }

  /** How many bytes of content the map speaks of. */
  private static long pieces(String map) {
    String[] numbers = map.strip().split("\n", -1);
    long bytes = 0;
    for (int i = 2; i < numbers.length; i += 2) {
      bytes += Long.parseLong(numbers[i]);
    }
    return Math.min(512, bytes);
  }

  private static Header old(long offset, long count) {
    return new Header("s", 'S', 3)
        .text(257, 8, "ustar  \0")
        .octal(386, 12, offset)
        .octal(398, 12, count)
        .octal(483, 12, 3);
  }

  private static byte[] oldBlocks(int count) {
    TarFixture tar = tar().add(old(0, 3).bytes(482, 1));
    byte[] more = new byte[512];
    more[504] = 1;
    for (int i = 0; i < count; i++) {
      tar.raw(more);
    }
    return tar.body(new byte[3]).end();
  }

  @Test
  void aHoleIsLeftAHole() throws Exception {
    unpack(pax("2\n0\n3\n1073741824\n0\n", 1L << 30));
    assertThat(root.resolve("s")).hasSize(1L << 30);
    assertThat(Long.parseLong(Command.output("stat", "-c", "%b", root + "/s").strip()))
        .isLessThan(100);
  }

  @Test
  void aHoleCountsAsIfItWereFull() throws Exception {
    unpack(pax("2\n0\n3\n2000\n0\n", 2000), pieces());
    assertThatThrownBy(() -> unpack(pax("2\n0\n3\n2001\n0\n", 2001), pieces()))
        .hasMessageContaining("a file of 2001 bytes; at most 2000");
  }
}
