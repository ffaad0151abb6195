package jstack.rootfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.util.stream.Stream;
import jstack.rootfs.TarFixture.Header;
import org.junit.jupiter.api.Test;

/**
 * Names that climb, that are nothing, that are too much, and odd ones that are none of our
 * business.
 */
class HostileNamesIT extends ArchiveSuite {
  private static final String FIRST = "(entry 1, byte 0)";

  static Stream<Archive> archives() {
    return Stream.of(
        accepted("01", "an absolute name", tar().file("/abs", "x").end(), "abs f644 1")
            .warned("begin with /"),
        refused("02", "a name that climbs", tar().file("../x", "x").end(), "climbs", FIRST),
        refused("03", "one that climbs later", tar().file("a/../../x", "").end(), "climbs", FIRST),
        refused("04", "one that climbs and stays", tar().file("a/../b", "").end(), "climbs", FIRST),
        refused(
            "04b",
            "a directory that climbs, as the second",
            tar().directory("d").directory("d/..").end(),
            "climbs",
            "(entry 2, byte 512)"),
        refused(
            "53",
            "a GNU name that climbs",
            tar().gnu('L', "../x").file("y", "").end(),
            "climbs",
            FIRST),
        refused(
            "41",
            "a pax name that climbs",
            tar().pax('x', "path", "../x").file("y", "").end(),
            "climbs",
            FIRST),
        refused(
            "63",
            "a sparse name that climbs",
            tar()
                .pax(
                    'x',
                    "GNU.sparse.major",
                    "1",
                    "GNU.sparse.minor",
                    "0",
                    "GNU.sparse.name",
                    "../x",
                    "GNU.sparse.realsize",
                    "1")
                .file("y", "0\n")
                .end(),
            "climbs",
            FIRST),
        refused(
            "A8",
            "a prefix that climbs",
            tar().add(new Header("x", '0', 0).text(345, 155, "..")).end(),
            "climbs",
            FIRST),
        refused("20", "the root . as a link", tar().symlink(".", "/etc").end(), "root", FIRST),
        refused(
            "21",
            "the root ./ as a link, then a file",
            tar().symlink("./", "../victim").file("secret", "x").end(),
            "root",
            FIRST),
        refused("22", "no name, a link", tar().symlink("", "../victim").end(), "root", FIRST),
        refused("23", "the name .. as a link", tar().symlink("..", "/etc").end(), "climbs", FIRST),
        refused("23b", "the root as a file", tar().file(".", "x").end(), "root", FIRST),
        refused("23c", "the root as a hard link", tar().hardLink("/", "x").end(), "root", FIRST),
        accepted("24", "the root with mode 0", tar().add(new Header("./", '5', 0).mode(0)).end()),
        refused(
            "37",
            "a parent that is a file",
            tar().file("a", "").file("a/b", "").end(),
            "a/b: open a: Not a directory",
            "(entry 2, byte 512)"),
        refused(
            "46",
            "a NUL in a pax name",
            tar().pax('x', "path", "a\0b").file("y", "").end(),
            "NUL",
            FIRST),
        accepted("65", "not UTF-8", tar().file("\u00e9\u00ff", "").end(), "\u00e9\u00ff f644 0"),
        accepted(
            "65b",
            "two names that a decoder would make one",
            tar().file("\u00fe", "1").file("\u00ff", "22").end(),
            "\u00fe f644 1",
            "\u00ff f644 2"),
        accepted("66", "a control character", tar().file("a\001", "").end(), "a\001 f644 0"),
        refused(
            "66b",
            "an escape sequence in a name that is refused",
            tar().file("\033[2J/../x", "").end(),
            "climbs",
            FIRST),
        accepted("67", "a leading dash", tar().file("-rf", "").end(), "-rf f644 0"),
        accepted(
            "68",
            "a component of 255 bytes",
            tar().gnu('L', "n".repeat(255)).file("y", "").end(),
            "n".repeat(255) + " f644 0"),
        refused(
            "68b",
            "one of 256",
            tar().gnu('L', "n".repeat(256)).file("y", "").end(),
            "256 bytes",
            FIRST),
        refused(
            "69",
            "a path of 5 KB",
            tar().gnu('L', "ab/".repeat(1700)).file("y", "").end(),
            "a name of 5100 bytes",
            FIRST),
        refused(
            "69b",
            "one of 4096",
            tar().gnu('L', "x".repeat(4096)).file("y", "").end(),
            "a name of 4096 bytes",
            FIRST),
        refused(
            "70",
            "3000 deep",
            tar().gnu('L', "a/".repeat(3000)).file("y", "").end(),
            "6000 bytes",
            FIRST),
        refused(
            "70b",
            "257 deep",
            tar().gnu('L', "a/".repeat(256) + "f").file("y", "").end(),
            "deeper than 256",
            FIRST),
        accepted(
            "76", "what elsewhere means a deletion", tar().file(".wh.x", "").end(), ".wh.x f644 0"),
        accepted(
            "77",
            "likewise, of a whole folder",
            tar().file("d/.wh..wh..opq", "").end(),
            "d d755",
            "d/.wh..wh..opq f644 0"),
        accepted("78", "likewise, of nothing", tar().file(".wh.", "").end(), ".wh. f644 0"),
        accepted(
            "B0",
            "proc, sys and dev as links",
            tar().symlink("proc", "/etc").symlink("sys", "x").symlink("dev", "../../x").end(),
            "proc -> /etc",
            "sys -> x",
            "dev -> ../../x"));
  }

  @Test
  void aPathAsDeepAndAsLongAsTheLimitsIsUnpacked() throws Exception {
    String deep = "a/".repeat(255) + "f";
    String part = "n".repeat(254) + "/";
    String path = part.repeat(16) + "m".repeat(4095 - 16 * 255);
    unpack(tar().gnu('L', deep).file("y", "deep").gnu('L', path).file("y", "long").end());
    assertThat(root.resolve(deep)).hasContent("deep");
    assertThat(listing(root)).contains(path + " f644 4");
    TreeRemover.remove(root); // too long a path for those who clear up after the test
    Files.createDirectory(root);
  }
}
