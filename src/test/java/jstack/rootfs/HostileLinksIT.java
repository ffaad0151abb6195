package jstack.rootfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.util.stream.Stream;
import jstack.rootfs.TarFixture.Header;
import org.junit.jupiter.api.Test;

/** Links that lead out, in a circle, to themselves, to nothing. */
class HostileLinksIT extends ArchiveSuite {
  private static final String FIRST = "(entry 1, byte 0)";
  private static final String SECOND = "(entry 2, byte 512)";

  static Stream<Archive> archives() {
    return Stream.of(
        accepted(
            "05",
            "a relative link out, then a write through it",
            tar().symlink("up", "../victim").directory("victim").file("up/secret", "in").end(),
            "up -> ../victim",
            "victim d755",
            "victim/secret f644 2"),
        accepted(
            "06",
            "an absolute link out, then a write through it",
            tar().symlink("out", "/etc").directory("etc").file("out/passwd", "in").end(),
            "out -> /etc",
            "etc d755",
            "etc/passwd f644 2"),
        refused(
            "06b",
            "a link to what the archive does not have, then a write through it",
            tar().symlink("out", "/etc").file("out/passwd", "in").end(),
            "open out: No such file",
            SECOND),
        accepted(
            "07",
            "two hops out",
            tar().symlink("a", "..").symlink("a/b", "../..").file("b/x", "in").end(),
            "a -> ..",
            "b -> ../..",
            "x f644 2"),
        accepted(
            "08",
            "a link, then a file of its name",
            tar().symlink("a", "../victim/secret").file("a", "own").end(),
            "a f644 3"),
        refused(
            "09",
            "a hard link out",
            tar().hardLink("x", "../victim/secret").end(),
            "climbs",
            FIRST),
        refused(
            "10",
            "an absolute one",
            tar().hardLink("x", "/etc/passwd").end(),
            "hard link to etc/passwd, which is not there",
            FIRST),
        refused(
            "11",
            "one through a link",
            tar().symlink("l", "../victim").hardLink("x", "l/secret").end(),
            "not there",
            SECOND),
        refused(
            "12",
            "one through two links",
            tar().symlink("l", "/").symlink("m", "l/etc").hardLink("x", "m/passwd").end(),
            "not there",
            "(entry 3, byte 1024)"),
        refused(
            "42",
            "one by pax",
            tar().pax('x', "linkpath", "../victim/secret").hardLink("x", "y").end(),
            "climbs",
            FIRST),
        refused(
            "55",
            "one by GNU's long link",
            tar().gnu('K', "../victim/secret").hardLink("x", "y").end(),
            "climbs",
            FIRST),
        accepted(
            "13",
            "a hard link to a link out, then a write",
            tar().symlink("h", "../victim/secret").hardLink("hh", "h").file("hh", "own").end(),
            "h -> ../victim/secret",
            "hh f644 3"),
        accepted(
            "14",
            "a hard link to a link out, with another mode and owner",
            tar()
                .symlink("h", "../victim/secret")
                .add(new Header("hh", '1', 0).link("h").mode(0777).octal(108, 8, 9))
                .end(),
            "h -> ../victim/secret",
            "hh -> ../victim/secret"),
        refused(
            "15",
            "a hard link to itself",
            tar().file("x", "").hardLink("x", "x").end(),
            "a hard link to itself: x",
            SECOND),
        refused(
            "16",
            "a hard link to nothing",
            tar().hardLink("x", "y").end(),
            "hard link to y, which is not there",
            FIRST),
        refused(
            "16b",
            "a hard link without a target",
            tar().hardLink("x", "").end(),
            "to nothing",
            FIRST),
        refused(
            "17",
            "a hard link to a directory",
            tar().directory("d").hardLink("x", "d").end(),
            "hard link to d, which is a directory",
            SECOND),
        accepted(
            "18",
            "an absolute hard link within",
            tar().file("a", "x").hardLink("b", "/a").end(),
            "a f644 1",
            "b f644 1"),
        refused(
            "19",
            "a hard link before its target",
            tar().hardLink("x", "y").file("y", "").end(),
            "not there",
            FIRST),
        refused(
            "35",
            "a directory with something in it, then a link",
            tar().directory("d").file("d/a", "").symlink("d", "../victim").end(),
            "not empty",
            "(entry 3, byte 1024)"),
        accepted(
            "35b",
            "an empty directory, then a link",
            tar().directory("d").symlink("d", "a").end(),
            "d -> a"),
        accepted(
            "36",
            "a link out, then a directory of its name with a file",
            tar().symlink("d", "../victim").directory("d").file("d/secret", "in").end(),
            "d d755",
            "d/secret f644 2"),
        refused(
            "38",
            "a loop of links",
            tar().symlink("a", "b").symlink("b", "a").file("a/x", "").end(),
            "Too many levels of symbolic links",
            "(entry 3, byte 1024)"),
        refused(
            "A4", "a chain of 41 links", chain(41), "Too many levels", "(entry 43, byte 21504)"),
        accepted(
            "39",
            "merged usr, relative",
            tar().directory("usr/bin/").symlink("bin", "usr/bin").file("bin/sh", "sh").end(),
            "usr d755",
            "usr/bin d755",
            "usr/bin/sh f644 2",
            "bin -> usr/bin"),
        accepted(
            "40",
            "merged usr, absolute",
            tar().directory("usr/bin/").symlink("bin", "/usr/bin").file("bin/sh", "sh").end(),
            "usr d755",
            "usr/bin d755",
            "usr/bin/sh f644 2",
            "bin -> /usr/bin"),
        refused(
            "A5",
            "a link text of 5000 bytes",
            tar().gnu('K', "t".repeat(5000)).symlink("a", "x").end(),
            "link target of 5000 bytes",
            FIRST),
        refused("A6", "a link to nothing", tar().symlink("a", "").end(), "to nothing", FIRST),
        refused(
            "92",
            "a size on a link",
            tar().add(new Header("a", '2', 512).link("b")).body(new byte[512]).end(),
            "no content",
            FIRST),
        refused(
            "93",
            "a size on a hard link",
            tar().add(new Header("a", '1', 512).link("b")).body(new byte[512]).end(),
            "no content",
            FIRST),
        refused(
            "94",
            "a size on a directory",
            tar().add(new Header("a", '5', 512)).body(new byte[512]).end(),
            "no content",
            FIRST),
        refused(
            "D8",
            "a size on a link by pax, with a header in it",
            tar().pax('x', "size", "512").symlink("a", "b").file("EVIL", "").end(),
            "no content",
            FIRST));
  }

  /** A directory, then so many links, each to the one before, and a file through the last. */
  private static byte[] chain(int links) {
    TarFixture tar = tar().directory("l0");
    for (int i = 1; i <= links; i++) {
      tar.symlink("l" + i, "l" + (i - 1));
    }
    return tar.file("l" + links + "/x", "in").end();
  }

  @Test
  void aChainOfFortyLinksIsFollowedAsTheKernelDoes() throws Exception {
    unpack(chain(40));
    assertThat(root.resolve("l0/x")).hasContent("in");
  }

  @Test
  void aHardLinkIsOneFileWithTwoNames() throws Exception {
    unpack(tar().file("a", "x").hardLink("b", "a").end());
    assertThat(Files.getAttribute(root.resolve("b"), "unix:nlink")).isEqualTo(2);
  }
}
