package jstack.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import jstack.rootfs.TarFixture.Header;
import jstack.support.Host;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Hostile archives and honest ones, unpacked by root beside a victim that must stay as it was. */
class TarUnpackerIT {
  @TempDir Path folder;
  private Path root;
  private Path victim;

  @BeforeEach
  void begin() throws IOException {
    Host.needsRoot();
    root = Files.createDirectory(folder.resolve("root"));
    victim = Files.createDirectory(folder.resolve("victim"));
    Files.writeString(victim.resolve("secret"), "untouched");
  }

  @AfterEach
  void theVictimIsUntouched() throws IOException {
    assertThat(victim.resolve("secret")).hasContent("untouched");
    try (Stream<Path> all = Files.list(victim)) {
      assertThat(all.count()).isOne();
    }
    try (Stream<Path> all = Files.list(folder)) {
      assertThat(all.count()).isEqualTo(2);
    }
  }

  private UnpackReport unpack(byte[] archive) throws IOException {
    return TarUnpacker.unpack(new ByteArrayInputStream(archive), root, UnpackPolicy.DEFAULT);
  }

  private String modeOf(String name) throws IOException {
    Object mode = Files.getAttribute(root.resolve(name), "unix:mode", LinkOption.NOFOLLOW_LINKS);
    return Integer.toOctalString((int) mode & 07777);
  }

  private static TarFixture tar() {
    return new TarFixture();
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        Arguments.of("a name that climbs", tar().file("../x", "x").end(), "climbs"),
        Arguments.of("a name that climbs later", tar().file("a/../../x", "x").end(), "climbs"),
        Arguments.of("a name that climbs and stays", tar().file("a/../b", "x").end(), "climbs"),
        Arguments.of(
            "a long name that climbs", tar().gnu('L', "../x").file("y", "x").end(), "climbs"),
        Arguments.of(
            "a pax name that climbs",
            tar().pax('x', "path", "../x").file("y", "x").end(),
            "climbs"),
        Arguments.of(
            "a prefix that climbs",
            tar().add(new Header("x", '0', 0).text(345, 155, "..")).end(),
            "climbs"),
        Arguments.of(
            "a hard link outside", tar().hardLink("x", "../victim/secret").end(), "climbs"),
        Arguments.of(
            "a hard link to what is not there",
            tar().hardLink("x", "/etc/passwd").end(),
            "not there"),
        Arguments.of(
            "a hard link before its target",
            tar().hardLink("x", "y").file("y", "").end(),
            "not there"),
        Arguments.of(
            "a hard link to itself", tar().file("x", "").hardLink("x", "x").end(), "itself"),
        Arguments.of(
            "a hard link to a directory",
            tar().directory("d").hardLink("x", "d").end(),
            "directory"),
        Arguments.of(
            "a hard link through a link outside",
            tar().symlink("l", "../victim").hardLink("x", "l/secret").end(),
            "not there"),
        Arguments.of(
            "the root as a link",
            tar().symlink("./", "../victim").file("secret", "x").end(),
            "root"),
        Arguments.of("the root as a file", tar().file(".", "x").end(), "root"),
        Arguments.of(
            "a directory with something in it replaced",
            tar().directory("d").file("d/a", "").file("d", "x").end(),
            "not empty"),
        Arguments.of(
            "a parent that is a file",
            tar().file("a", "").file("a/b", "").end(),
            "Not a directory"),
        Arguments.of(
            "a loop of links",
            tar().symlink("a", "b").symlink("b", "a").file("a/x", "").end(),
            "symbolic links"),
        Arguments.of("a wrong checksum", wrongSum(), "checksum"),
        Arguments.of("a cut header", cut(700), "ends too early|Truncated"),
        Arguments.of("cut content", cut(1024 + 300), "ends too early|Truncated"),
        Arguments.of("no end", tar().file("a", "x").withoutEnd(), "ends too early"),
        Arguments.of("an empty archive", new byte[0], "empty"),
        Arguments.of("only the end", tar().end(), "no entry"),
        Arguments.of("a web page", "<html>not found</html>".getBytes(), "HTML"),
        Arguments.of("JSON", "  {\"error\": 1}".getBytes(), "JSON"),
        Arguments.of("a zip", "PK\3\4 and so on".getBytes(), "zip"),
        Arguments.of("a program", "\177ELF and so on".getBytes(), "ELF"),
        Arguments.of("noise", new byte[2048 + 7].clone(), "ends too early|no entry"),
        Arguments.of(
            "a negative size",
            tar()
                .add(
                    new Header("a", '0', 0)
                        .bytes(
                            124, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                            0xff))
                .end(),
            "negative"),
        Arguments.of(
            "a size of no digits",
            tar().add(new Header("a", '0', 0).text(124, 12, "xyz")).end(),
            "number"),
        Arguments.of(
            "a size without the bytes",
            tar().add(new Header("a", '0', 1L << 32)).end(),
            "ends too early"),
        Arguments.of(
            "eight exbibytes",
            tar()
                .add(new Header("a", '0', 0).bytes(124, 0x80, 0, 0, 0, 0x70, 0, 0, 0, 0, 0, 0, 0))
                .end(),
            "bytes"),
        Arguments.of(
            "an extension of two gibibytes",
            tar().add(new Header("a", 'x', 2L << 30)).end(),
            "extension header"),
        Arguments.of(
            "two pax headers in a row",
            tar().pax('x', "path", "a").pax('x', "path", "b").file("y", "").end(),
            "another extension"),
        Arguments.of(
            "a pax header for a long name",
            tar().pax('x', "size", "0").gnu('L', "b").file("y", "").end(),
            "another extension"),
        Arguments.of(
            "two long names",
            tar().gnu('L', "a").gnu('L', "b").file("y", "").end(),
            "another extension"),
        Arguments.of(
            "two names that differ",
            tar().gnu('L', "a").pax('x', "path", "b").file("y", "").end(),
            "two different"),
        Arguments.of(
            "a global name", tar().pax('g', "path", "a").file("y", "").end(), "every entry"),
        Arguments.of(
            "a pax header at the end",
            tar().pax('x', "path", "a").end(),
            "damaged|too early|header"),
        Arguments.of(
            "a NUL in a pax name", tar().pax('x', "path", "a\0b").file("y", "").end(), "NUL"),
        Arguments.of(
            "a pax length of nothing",
            tar().add(new Header("p", 'x', 10)).body("0 path=a\n\n".getBytes()).file("y", "").end(),
            "(?i)pax"),
        Arguments.of(
            "a pax length too long",
            tar().add(new Header("p", 'x', 10)).body("99 path=a\n".getBytes()).file("y", "").end(),
            "(?i)pax"),
        Arguments.of(
            "a size on a link",
            tar().add(new Header("a", '2', 512).link("b")).body(new byte[512]).end(),
            "no content"),
        Arguments.of(
            "a size on a directory",
            tar().add(new Header("a", '5', 512)).body(new byte[512]).end(),
            "no content"),
        Arguments.of(
            "a size on a link by pax",
            tar().pax('x', "size", "512").symlink("a", "b").end(),
            "no content"),
        Arguments.of(
            "an owner of minus one",
            tar()
                .add(
                    new Header("a", '0', 0)
                        .bytes(108, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff))
                .end(),
            "owner"),
        Arguments.of(
            "an owner beyond 32 bits",
            tar().add(new Header("a", '0', 0).bytes(108, 0x80, 0, 0, 1, 0, 0, 0, 0)).end(),
            "owner"),
        Arguments.of("an unknown kind", tar().add(new Header("a", 'Z', 0)).end(), "unknown kind"),
        Arguments.of("a continued file", tar().add(new Header("a", 'M', 0)).end(), "unknown kind"),
        Arguments.of("a link to nothing", tar().symlink("a", "").end(), "to nothing"),
        Arguments.of(
            "a component too long",
            tar().gnu('L', "a".repeat(300)).file("y", "").end(),
            "300 bytes"),
        Arguments.of(
            "a path too long", tar().gnu('L', "ab/".repeat(1700)).file("y", "").end(), "bytes"),
        Arguments.of(
            "a path too deep", tar().gnu('L', "a/".repeat(300)).file("y", "").end(), "deeper"));
  }

  private static byte[] wrongSum() {
    byte[] bytes = tar().file("a", "").file("b", "").end();
    bytes[512 + 10] ^= 1;
    return bytes;
  }

  private static byte[] cut(int length) {
    byte[] bytes = tar().file("a", "x").file("b", "y".repeat(1000)).end();
    return java.util.Arrays.copyOf(bytes, length);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void isRefused(String what, byte[] archive, String reason) {
    assertThatThrownBy(() -> unpack(archive))
        .isInstanceOf(ArchiveException.class)
        .hasMessageFindingMatch(reason);
  }

  @Test
  void aLinkThatLeadsOutStaysALinkAndWritesThroughItStayInside() throws IOException {
    unpack(
        tar()
            .symlink("out", victim.toString())
            .symlink("up", "../victim")
            .symlink("two", "up/..")
            .directory("victim")
            .file("up/made", "inside")
            .file("two/made", "inside too")
            .end());
    assertThat(Files.readSymbolicLink(root.resolve("out"))).isEqualTo(victim);
    assertThat(root.resolve("victim/made")).hasContent("inside");
    assertThat(root.resolve("made")).hasContent("inside too");
  }

  @Test
  void whatHasTheSameNameMakesWayAndIsNeverWrittenThrough() throws IOException {
    unpack(
        tar()
            .symlink("a", victim.resolve("secret").toString())
            .file("a", "new")
            .add(new Header("f", '6', 0))
            .file("f", "no fifo")
            .file("d", "")
            .directory("d")
            .directory("l")
            .symlink("l", "a")
            .file("twice", "one")
            .file("twice", "two")
            .symlink("h", victim.resolve("secret").toString())
            .hardLink("hh", "h")
            .file("hh", "own")
            .end());
    assertThat(root.resolve("a")).hasContent("new");
    assertThat(root.resolve("f")).hasContent("no fifo");
    assertThat(root.resolve("d")).isDirectory();
    assertThat(root.resolve("l")).isSymbolicLink();
    assertThat(root.resolve("twice")).hasContent("two");
    assertThat(root.resolve("hh")).hasContent("own");
  }

  @Test
  void mergedUsrWorksWithRelativeAndAbsoluteLinks() throws IOException {
    unpack(
        tar()
            .directory("usr/bin/")
            .symlink("bin", "usr/bin")
            .symlink("sbin", "/usr/bin")
            .file("bin/sh", "sh")
            .file("sbin/init", "init")
            .end());
    assertThat(root.resolve("usr/bin/sh")).hasContent("sh");
    assertThat(root.resolve("usr/bin/init")).hasContent("init");
  }

  @Test
  void modesOwnersAndTimesComeOutAsWritten() throws IOException {
    UnpackReport report =
        unpack(
            tar()
                .add(new Header("./", '5', 0).mode(0))
                .add(new Header("suid", '0', 0).mode(0104755).octal(108, 8, 12).octal(116, 8, 34))
                .add(new Header("sticky/", '5', 0).mode(01777))
                .file("sticky/inside", "")
                .add(new Header("null", '3', 0).octal(329, 8, 1).octal(337, 8, 3))
                .add(new Header("disk", '4', 0).octal(329, 8, 254).octal(337, 8, 0))
                .add(new Header("fifo", '6', 0).mode(0600))
                .add(new Header("v7/", '0', 0))
                .file("/absolute", "x")
                .add(
                    new Header("early", '0', 0)
                        .bytes(
                            136, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xae,
                            0x80))
                .end());
    assertThat(report.devicesSkipped()).isEqualTo(2);
    assertThat(report.warnings()).hasSize(2);
    assertThat(modeOf("suid")).isEqualTo("4755");
    assertThat(Files.getAttribute(root.resolve("suid"), "unix:uid")).isEqualTo(12);
    assertThat(Files.getAttribute(root.resolve("suid"), "unix:gid")).isEqualTo(34);
    assertThat(modeOf("sticky")).isEqualTo("1777");
    assertThat(modeOf("")).isEqualTo("700");
    assertThat(modeOf("fifo")).isEqualTo("600");
    assertThat(root.resolve("v7")).isDirectory();
    assertThat(root.resolve("null")).doesNotExist();
    assertThat(root.resolve("disk")).doesNotExist();
    assertThat(root.resolve("absolute")).hasContent("x");
    assertThat(Files.getLastModifiedTime(root.resolve("sticky")).toMillis())
        .isEqualTo(1_000_000_000_000L);
    assertThat(Files.getLastModifiedTime(root.resolve("early")).toMillis()).isZero();
  }

  @Test
  void namesAreBytes() throws Exception {
    unpack(
        tar()
            .file("\u00e9\u00ff", "not UTF-8")
            .gnu('L', "\u00ff".repeat(120))
            .file("x", "long")
            .end());
    Process find =
        new ProcessBuilder("find", root.toString(), "-type", "f", "-printf", "%f\\n").start();
    byte[] names = find.getInputStream().readAllBytes();
    String text = new String(names, java.nio.charset.StandardCharsets.ISO_8859_1);
    assertThat(text.lines()).containsExactlyInAnyOrder("\u00e9\u00ff", "\u00ff".repeat(120));
  }

  @Test
  void capabilitiesAndUserAttributesComeOutAndOverlaysOwnDoNot() throws Exception {
    String capability = "\u0001\u0000\u0000\u0002\u0080\u0000\u0000\u0000" + "\0".repeat(12);
    unpack(
        tar()
            .pax('x', "SCHILY.xattr.security.capability", capability)
            .file("capable", "")
            .pax('x', "SCHILY.xattr.trusted.overlay.opaque", "y")
            .file("opaque", "")
            .end());
    String shown =
        run(
            "getfattr",
            "-m",
            "-",
            "-d",
            "-e",
            "hex",
            "--absolute-names",
            root.resolve("capable").toString());
    assertThat(shown).contains("security.capability=0x0100000280000000");
    assertThat(
            run("getfattr", "-m", "-", "-d", "--absolute-names", root.resolve("opaque").toString()))
        .isEmpty();
  }

  private static String run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    return new String(process.getInputStream().readAllBytes()).strip();
  }

  @Test
  void theFirstComponentsCanBeLeftOut() throws IOException {
    byte[] archive =
        tar().directory("top/").file("top/a/b", "x").hardLink("top/c", "top/a/b").end();
    TarUnpacker.unpack(
        new ByteArrayInputStream(archive), root, UnpackPolicy.DEFAULT.withStripComponents(1));
    assertThat(root.resolve("a/b")).hasContent("x");
    assertThat(root.resolve("c")).hasContent("x");
    assertThat(root.resolve("top")).doesNotExist();
  }

  @Test
  void aBombIsStopped() throws IOException {
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(bomb)) {
      gzip.write(new Header("zeros", '0', 400L << 20).summed());
      for (int i = 0; i < 400; i++) {
        gzip.write(new byte[1 << 20]);
      }
      gzip.write(new byte[1024]);
    }
    assertThatThrownBy(() -> unpack(bomb.toByteArray())).hasMessageContaining("bomb");
  }

  @Test
  void aCutOrDamagedGzipIsRefusedAfterAllItsEntriesToo() throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(tar().file("a", "x").end());
    }
    byte[] whole = packed.toByteArray();
    byte[] cut = java.util.Arrays.copyOf(whole, whole.length - 4);
    assertThatThrownBy(() -> unpack(cut)).isInstanceOf(ArchiveException.class);
    byte[] wrong = whole.clone();
    wrong[whole.length - 6] ^= 1;
    assertThatThrownBy(() -> unpack(wrong)).isInstanceOf(ArchiveException.class);
  }

  @Test
  void memberAfterMemberIsRead() throws IOException {
    byte[] archive = tar().file("a", "x").file("b", "y".repeat(3000)).end();
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    for (int from = 0; from < archive.length; from += 700) {
      try (OutputStream gzip = new GZIPOutputStream(packed)) {
        gzip.write(archive, from, Math.min(700, archive.length - from));
      }
    }
    unpack(packed.toByteArray());
    assertThat(root.resolve("b")).hasSize(3000);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gnu", "pax", "ustar", "v7"})
  void anHonestArchiveComesOutAsTarWouldHaveMadeIt(String format) throws Exception {
    Path from = Files.createDirectories(root.resolve("from"));
    Files.createDirectories(from.resolve("d/e"));
    Files.writeString(from.resolve("d/e/f"), "content");
    Files.createLink(from.resolve("hard"), from.resolve("d/e/f"));
    Files.createSymbolicLink(from.resolve("soft"), Path.of("d/e/f"));
    run("mkfifo", from.resolve("fifo").toString());
    run("chmod", "6711", from.resolve("d/e/f").toString());
    run("chown", "-h", "123:456", from.resolve("soft").toString());
    if (!format.equals("v7") && !format.equals("ustar")) {
      Files.writeString(from.resolve("n".repeat(200)), "long name");
      Files.writeString(from.resolve("sparse"), "");
      run("truncate", "-s", "10M", from.resolve("sparse").toString());
      run(
          "sh",
          "-c",
          "printf data | dd conv=notrunc bs=1 seek=5000000 of=" + from.resolve("sparse"));
    }
    Path archive = root.resolve("a.tar");
    String sparse = Files.exists(from.resolve("sparse")) ? "--sparse" : "--recursion";
    run("tar", "-C", from.toString(), sparse, "--format=" + format, "-cf", archive.toString(), ".");
    Path ours = Files.createDirectory(root.resolve("ours"));
    Path theirs = Files.createDirectory(root.resolve("theirs"));
    try (var in = Files.newInputStream(archive)) {
      TarUnpacker.unpack(in, ours, UnpackPolicy.DEFAULT);
    }
    run("tar", "-C", theirs.toString(), "--numeric-owner", "-xpf", archive.toString());
    assertThat(listing(ours)).isEqualTo(listing(theirs)).isNotEmpty();
    assertThat(
            run(
                "diff",
                "-r",
                "--no-dereference",
                "--exclude=fifo",
                ours.toString(),
                theirs.toString()))
        .isEmpty();
    if (Files.exists(ours.resolve("sparse"))) {
      String blocks = run("stat", "-c", "%b", ours.resolve("sparse").toString());
      assertThat(Long.parseLong(blocks)).isLessThan(1000);
    }
  }

  private static List<String> listing(Path tree) throws Exception {
    String text =
        run("sh", "-c", "cd " + tree + " && find . -printf '%P %y %m %U:%G %s %l %T@\\n' | sort");
    return text.lines()
        .map(line -> line.startsWith(" d") ? line.replaceAll(" \\d+  ", " ") : line)
        .toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "xz", "zstd", "bzip2"})
  void everyCompressionIsToldByContent(String tool) throws Exception {
    Path plain = root.resolve("plain");
    Files.write(plain, tar().file("a", "packed by " + tool).end());
    byte[] packed =
        new ProcessBuilder(tool, "-c", plain.toString()).start().getInputStream().readAllBytes();
    unpack(packed);
    assertThat(root.resolve("a")).hasContent("packed by " + tool);
  }

  @Test
  void aChangedArchiveIsRefusedOrUnpackedInsideAndNothingElse() throws IOException {
    byte[] good =
        tar()
            .directory("d")
            .directory("victim")
            .pax('x', "path", "d/long")
            .file("x", "content")
            .symlink("l", "../victim")
            .file("l/x", "y")
            .hardLink("h", "d/long")
            .gnu('L', "d/" + "n".repeat(120))
            .file("y", "z")
            .end();
    Random random = new Random(42);
    int refused = 0;
    for (int i = 0; i < 1500; i++) {
      byte[] bytes = good.clone();
      for (int edits = 0; edits < 1 + random.nextInt(4); edits++) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      Path into = Files.createDirectory(root.resolve("m" + i));
      try {
        TarUnpacker.unpack(new ByteArrayInputStream(bytes), into, UnpackPolicy.DEFAULT);
      } catch (ArchiveException e) {
        refused++;
      }
      TreeRemover.remove(into);
    }
    assertThat(refused).isBetween(100, 1499);
  }
}
