package jstack.rootfs;

import java.util.Arrays;
import java.util.stream.Stream;
import jstack.rootfs.TarFixture.Header;

/** Headers that lie, that apply to the wrong thing, that are missing; and what is no tar at all. */
class HostileHeadersIT extends ArchiveSuite {
  private static final String FIRST = "(entry 1, byte 0)";
  private static final String TWICE = "another extension";

  static Stream<Archive> archives() {
    return Stream.concat(plain(), desynchronised());
  }

  private static Stream<Archive> plain() {
    return Stream.of(
        refused("A0", "nothing", new byte[0], "the archive is empty", ""),
        refused("A1", "only the end", tar().end(), "no entry", ""),
        refused("A2", "a web page", text("<html>not found</html>"), "HTML", ""),
        refused("A2b", "JSON", text("  {\"error\": 1}"), "JSON", ""),
        refused("A2c", "a zip", text("PK\3\4 and so on"), "zip", ""),
        refused("A2d", "a program", text("\177ELF and so on"), "ELF", ""),
        refused("A2e", "noise", noise(), "not a tar archive", FIRST),
        refused("A2f", "zeros", new byte[2048 + 7], "no entry", ""),
        refused("47", "a pax length of nothing", pax("0 path=a\n\n"), "(?i)pax", FIRST),
        refused("48", "a pax length too long", pax("99 path=a\n"), "(?i)pax", FIRST),
        refused("48b", "a pax length of words", pax("xx path=a\n"), "(?i)pax", FIRST),
        refused("48c", "a pax record without a value", pax("9 pathxa\n"), "(?i)pax", FIRST),
        refused("48d", "a pax record without an end", pax("9 path=ab"), "(?i)pax", FIRST),
        refused(
            "49",
            "a time with an exponent",
            tar().pax('x', "mtime", "9e9999999").file("a", "").end(),
            "damaged",
            FIRST),
        refused(
            "50",
            "a time of 300 000 digits",
            tar().pax('x', "mtime", "1".repeat(300_000)).file("a", "").end(),
            "damaged",
            FIRST),
        refused(
            "51",
            "a pax header of 2 GiB",
            tar().add(new Header("a", 'x', 2L << 30)).end(),
            "extension header of more",
            FIRST),
        refused(
            "54",
            "a long name of 2 GiB",
            tar().add(new Header("a", 'L', 2L << 30)).end(),
            "extension header of more",
            FIRST),
        refused("52", "a global name", global("path", "a"), "sets path for every", FIRST),
        refused("52b", "a global link", global("linkpath", "a"), "sets linkpath", FIRST),
        refused("52c", "a global size", global("size", "1"), "sets size", FIRST),
        refused("52d", "a global owner", global("uid", "1"), "sets uid", FIRST),
        refused("52e", "a global map", global("GNU.sparse.map", "0,1"), "sets GNU.sparse", FIRST),
        accepted("52f", "a global comment", global("comment", "x"), "y f644 0"),
        refused("80", "a wrong checksum", wrongSum(), "wrong checksum", "(entry 2, byte 512)"),
        refused("81", "cut in content", cut(1024 + 512 + 300), "too early", "(entry 2,"),
        refused("82", "cut in a header", cut(1024 + 100), "too early", "(entry 1,"),
        refused("83", "no end", tar().file("a", "x").withoutEnd(), "closing blocks", "(entry 1,"),
        accepted("83b", "no end, of a known digest", tar().file("a", "x").withoutEnd(), "a f644 1")
            .under(knownDigest())
            .warned("no closing blocks"),
        refused("82b", "cut in a header, of a known digest", cut(1024 + 100), "too early", "")
            .under(knownDigest()),
        refused(
            "84",
            "half an end",
            tar().file("a", "x").raw(new byte[512]).withoutEnd(),
            "closing blocks",
            ""),
        refused(
            "84b",
            "a header after half an end",
            tar().file("a", "").raw(new byte[512]).file("b", "").end(),
            "after the end",
            "(entry 2, byte 1024)"),
        accepted(
            "85",
            "anything behind the end",
            tar().file("a", "").raw(new byte[1024]).raw(noise()).withoutEnd(),
            "a f644 0"),
        accepted(
                "86",
                "an archive behind the end",
                tar().file("a", "").raw(tar().end()).file("b", "").end(),
                "a f644 0")
            .warned("another one begins"));
  }

  /** Where parsers have lost their step: extensions of extensions. See CVE-2025-62518. */
  private static Stream<Archive> desynchronised() {
    return Stream.of(
        refused(
            "D0",
            "a pax size, then a long name, then a file with a header in it",
            tar().pax('x', "size", "0").gnu('L', "ok").file("y", hidden()).end(),
            TWICE,
            FIRST),
        refused(
            "D1",
            "a pax header for a long link",
            tar().pax('x', "size", "0").gnu('K', "b").symlink("y", "z").end(),
            TWICE,
            FIRST),
        refused(
            "D2",
            "a pax header for a global one",
            tar().pax('x', "size", "0").pax('g', "comment", "b").file("y", "").end(),
            TWICE,
            FIRST),
        refused(
            "D2b",
            "a global header between a long name and its file",
            tar().gnu('L', "b").pax('g', "comment", "b").file("y", "").end(),
            TWICE,
            FIRST),
        refused(
            "D3",
            "two long names that differ",
            tar().gnu('L', "a").pax('x', "path", "b").file("y", "").end(),
            "two different",
            FIRST),
        accepted(
            "D3b",
            "two long names that agree",
            tar().gnu('L', "a").pax('x', "path", "a").file("y", "").end(),
            "a f644 0"),
        refused(
            "D4",
            "two GNU names",
            tar().gnu('L', "a").gnu('L', "b").file("y", "").end(),
            TWICE,
            FIRST),
        refused(
            "D5",
            "two pax headers",
            tar().pax('x', "path", "a").pax('x', "path", "b").file("y", "").end(),
            TWICE,
            FIRST),
        refused(
            "D6",
            "two GNU links",
            tar().gnu('K', "a").gnu('K', "b").symlink("y", "z").end(),
            TWICE,
            FIRST),
        refused(
            "D7",
            "a pax header at the end",
            tar().pax('x', "path", "a").end(),
            "nothing follows",
            FIRST),
        refused(
            "D7b", "a long name at the end", tar().gnu('L', "a").end(), "nothing follows", FIRST),
        accepted(
            "D9",
            "a long name and a long link",
            tar().gnu('K', "t".repeat(150)).gnu('L', "n".repeat(150)).symlink("y", "z").end(),
            "n".repeat(150) + " -> " + "t".repeat(150)));
  }

  private static String hidden() {
    return new String(
        new Header("EVIL", '0', 0).summed(), java.nio.charset.StandardCharsets.ISO_8859_1);
  }

  private static byte[] text(String text) {
    return text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
  }

  private static byte[] noise() {
    byte[] bytes = new byte[4096];
    new java.util.Random(7).nextBytes(bytes);
    return bytes;
  }

  private static byte[] pax(String record) {
    return tar().add(new Header("p", 'x', record.length())).body(text(record)).file("y", "").end();
  }

  private static byte[] global(String key, String value) {
    return tar().pax('g', key, value).file("y", "").end();
  }

  private static UnpackPolicy knownDigest() {
    return UnpackPolicy.DEFAULT.with(0, true, jstack.manifest.RootfsLimits.DEFAULT);
  }

  private static byte[] wrongSum() {
    byte[] bytes = tar().file("a", "").file("b", "").end();
    bytes[512 + 10] ^= 1;
    return bytes;
  }

  private static byte[] cut(int length) {
    byte[] bytes = tar().file("a", "x").file("b", "y".repeat(1000)).end();
    return Arrays.copyOf(bytes, length);
  }
}
