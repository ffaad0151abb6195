package jstack.rootfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.stream.Stream;
import jstack.rootfs.TarFixture.Header;
import jstack.support.Command;
import org.junit.jupiter.api.Test;

/** Devices, pipes, doubled names, kinds that nobody knows, owners and modes and attributes. */
class HostileKindsIT extends ArchiveSuite {
  private static final String FIRST = "(entry 1, byte 0)";

  static Stream<Archive> archives() {
    return Stream.of(
        accepted(
                "25",
                "a character device",
                tar().add(new Header("null", '3', 0).octal(329, 8, 1).octal(337, 8, 3)).end())
            .warned("1 device nodes"),
        accepted(
                "26",
                "the machine's disk",
                tar()
                    .add(new Header("disk", '4', 0).mode(0666).octal(329, 8, 254).octal(337, 8, 0))
                    .end())
            .warned("1 device nodes"),
        accepted(
                "A9",
                "a device with a type in its mode",
                tar().add(new Header("d", '3', 0).mode(0060666).octal(329, 8, 254)).end())
            .warned("1 device nodes"),
        accepted(
                "79",
                "0:0, which deletes in an overlay",
                tar().file("a", "x").add(new Header("a", '3', 0)).end(),
                "a f644 1")
            .warned("1 device nodes"),
        accepted("27", "a pipe", tar().add(new Header("p", '6', 0).mode(0600)).end(), "p p600"),
        accepted(
            "28",
            "a pipe, then a file of its name",
            tar().add(new Header("p", '6', 0)).file("p", "own").end(),
            "p f644 3"),
        accepted(
                "29",
                "a device, then a file of its name",
                tar().add(new Header("n", '3', 0)).file("n", "own").end(),
                "n f644 3")
            .warned("1 device nodes"),
        accepted(
            "30",
            "setuid, setgid and sticky, with owners",
            tar()
                .add(new Header("s", '0', 0).mode(06755).octal(108, 8, 12).octal(116, 8, 34))
                .add(new Header("t/", '5', 0).mode(01777))
                .end(),
            "s f6755 0 12:34",
            "t d1777"),
        accepted(
            "31",
            "type bits in the mode",
            tar().add(new Header("a", '0', 0).mode(0170755)).end(),
            "a f755 0"),
        accepted("32", "a file twice", tar().file("a", "1").file("a", "22").end(), "a f644 2"),
        accepted(
            "32b",
            "a directory twice, closed to others the second time, and one below it",
            tar()
                .add(new Header("a/", '5', 0).mode(0777).octal(108, 8, 12))
                .add(new Header("a/b/", '5', 0).mode(0755))
                .add(new Header("a/", '5', 0).mode(0))
                .end(),
            "a d0",
            "a/b d755"),
        accepted(
            "33", "a file, then a directory", tar().file("d", "").directory("d").end(), "d d755"),
        refused(
            "34",
            "a directory with something in it, then a file",
            tar().directory("d").file("d/a", "").file("d", "x").end(),
            "not empty",
            "(entry 3, byte 1024)"),
        refused("87", "kind Z", tar().add(new Header("a", 'Z', 0)).end(), "unknown kind Z", FIRST),
        accepted(
            "88",
            "a label",
            tar().add(new Header("label", 'V', 0)).file("a", "").end(),
            "a f644 0"),
        refused(
            "89",
            "a continued file",
            tar().add(new Header("a", 'M', 0)).end(),
            "unknown kind M",
            FIRST),
        refused(
            "89b",
            "a dump's directory",
            tar().add(new Header("a", 'D', 0)).end(),
            "unknown kind D",
            FIRST),
        accepted(
            "90",
            "a contiguous file",
            tar().add(new Header("a", '7', 1)).body(new byte[] {'x'}).end(),
            "a f644 1"),
        accepted(
            "91",
            "a directory of the seventh edition",
            tar().add(new Header("d/", '0', 0)).end(),
            "d d644"),
        accepted(
            "91b",
            "a file of the seventh edition",
            tar().add(new Header("f", '\0', 0).text(257, 8, "")).end(),
            "f f644 0"),
        refused(
            "97",
            "owner -1",
            tar()
                .add(
                    new Header("a", '0', 0)
                        .bytes(108, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff))
                .end(),
            "owner that no system has: -1",
            FIRST),
        refused(
            "98",
            "owner 2^32",
            tar().add(new Header("a", '0', 0).bytes(108, 0x80, 0, 0, 1, 0, 0, 0, 0)).end(),
            "owner that no system has: 4294967296",
            FIRST),
        refused(
            "99",
            "group 2^32-1",
            tar()
                .add(new Header("a", '0', 0).bytes(116, 0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff))
                .end(),
            "owner that no system has: 4294967295",
            FIRST),
        refused(
            "98b",
            "owner 2^32 by pax",
            tar().pax('x', "uid", "4294967296").file("a", "").end(),
            "owner",
            FIRST),
        refused(
            "97b",
            "owner -1 by pax",
            tar().pax('x', "uid", "-1").file("a", "").end(),
            "malformed uid",
            FIRST),
        accepted(
            "99b",
            "the highest owner there is",
            tar().pax('x', "uid", "4294967294").file("a", "").end(),
            "a f644 0 4294967294:0"),
        accepted(
                "72",
                "attributes of the overlay itself",
                tar().pax('x', "SCHILY.xattr.trusted.overlay.opaque", "y").file("a", "").end(),
                "a f644 0")
            .warned("trusted.overlay.opaque"),
        accepted(
                "73",
                "the same for users' overlays",
                tar().pax('x', "SCHILY.xattr.user.overlay.redirect", "/").file("a", "").end(),
                "a f644 0")
            .warned("user.overlay.redirect"),
        accepted(
                "74",
                "a label of SELinux",
                tar().pax('x', "SCHILY.xattr.security.selinux", "x").file("a", "").end(),
                "a f644 0")
            .warned("security.selinux"),
        accepted(
                "75",
                "attributes of no namespace",
                tar().pax('x', "SCHILY.xattr.bogus.x", "y").file("a", "").end(),
                "a f644 0")
            .warned("bogus.x"),
        accepted(
                "75b",
                "an attribute above 64 KiB",
                tar().pax('x', "SCHILY.xattr.user.big", "y".repeat(65537)).file("a", "").end(),
                "a f644 0")
            .warned("user.big"),
        accepted(
                "71b",
                "a capability of no known form",
                tar().pax('x', "SCHILY.xattr.security.capability", "\1\0\0\5").file("a", "").end(),
                "a f644 0")
            .warned("security.capability"));
  }

  private String attributes(String name) throws IOException {
    String file = root.resolve(name).toString();
    return Command.output("getfattr", "-m", "-", "-d", "-e", "hex", "--absolute-names", file);
  }

  @Test
  void capabilitiesAndUserAttributesKeepEveryByte() throws Exception {
    String capability = "\u0001\u0000\u0000\u0002\u0080\u00ff\u0000\u0000" + "\0".repeat(12);
    unpack(
        tar()
            .pax(
                'x',
                "SCHILY.xattr.security.capability",
                capability,
                "SCHILY.xattr.user.x",
                "\u00ff\u0000\u0080")
            .file("a", "")
            .end());
    assertThat(attributes("a"))
        .contains("security.capability=0x0100000280ff0000")
        .contains("user.x=0xff0080");
  }

  @Test
  void timesAreClampedToWhatAFileSystemCanKeep() throws Exception {
    byte[] early = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -2, -82, -128};
    Header before = new Header("before", '0', 0);
    Header far = new Header("far", '0', 0);
    for (int i = 0; i < 12; i++) {
      before.bytes(136 + i, early[i]);
    }
    far.bytes(136, 0x80, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0);
    unpack(tar().add(before).add(far).directory("d").end());
    assertThat(Files.getLastModifiedTime(root.resolve("before")).toMillis()).isZero();
    assertThat(Files.getLastModifiedTime(root.resolve("far")).toMillis() / 1000)
        .isEqualTo(1L << 33);
    assertThat(Files.getLastModifiedTime(root.resolve("d")).toMillis())
        .isEqualTo(1_000_000_000_000L);
  }

  @Test
  void aRootThatNobodyCouldEnterIsOpenToItsOwner() throws Exception {
    unpack(tar().add(new Header("./", '5', 0).mode(0)).end());
    assertThat((int) Files.getAttribute(root, "unix:mode") & 07777).isEqualTo(0700);
  }
}
