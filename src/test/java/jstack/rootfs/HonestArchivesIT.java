package jstack.rootfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import jstack.rootfs.TarFixture.Header;
import jstack.support.Command;
import jstack.support.Host;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives as honest tools write them come out as {@code tar --numeric-owner -xp} makes them. */
class HonestArchivesIT {
  /** Of folders that an archive leaves out, the root among them. */
  private static final String DIRECTORY_TIME = "(?<= d \\d{3} 0:0) .*";

  @TempDir Path folder;
  private Path archive;

  @BeforeEach
  void begin() {
    Host.needsRoot();
    archive = folder.resolve("a.tar");
  }

  @AfterAll
  static void count() throws IOException {
    Tally.write();
  }

  private void comesOutAsTarWouldMakeIt() throws IOException {
    comesOutAsTarWouldMakeIt("nothing is left out");
  }

  /**
   * @param but what is not compared, a regular expression
   */
  private void comesOutAsTarWouldMakeIt(String but) throws IOException {
    Path ours = Files.createDirectory(folder.resolve("ours"));
    Path theirs = Files.createDirectory(folder.resolve("theirs"));
    try (InputStream in = Files.newInputStream(archive)) {
      TarUnpacker.unpack(in, ours, UnpackPolicy.DEFAULT, (entries, bytes) -> {});
    }
    Command.run(
        "tar",
        "-C",
        theirs.toString(),
        "--numeric-owner",
        "--xattrs",
        "--xattrs-include=*",
        "-xpf",
        archive.toString());
    assertThat(listing(ours, but)).isEqualTo(listing(theirs, but)).isNotEmpty();
    assertThat(
            Command.output(
                "diff",
                "-r",
                "--no-dereference",
                "--exclude=fifo",
                ours.toString(),
                theirs.toString()))
        .isEmpty();
    assertThat(attributes(ours)).isEqualTo(attributes(theirs));
    Tally.TRIED.incrementAndGet();
    Tally.EQUAL_TO_TAR.incrementAndGet();
  }

  /** Path, type, mode, owner, links, size, link text and time of everything; of folders no size. */
  private static List<String> listing(Path tree, String but) throws IOException {
    return Command.output(
            "sh",
            "-c",
            "cd "
                + tree
                + " && find . \\( -type d -printf '%p %y %m %U:%G %T@\\n' -o -printf"
                + " '%p %y %m %U:%G %n %s %l %T@\\n' \\) | LC_ALL=C sort")
        .lines()
        .map(line -> line.replaceAll(but, ""))
        .toList();
  }

  private static String attributes(Path tree) throws IOException {
    return Command.output(
        "sh", "-c", "cd " + tree + " && getfattr -R -h -d -m - -e hex . | LC_ALL=C sort");
  }

  @ParameterizedTest
  @CsvSource({
    "v7, --recursion",
    "ustar, --recursion",
    "oldgnu, --sparse",
    "gnu, --sparse",
    "pax, --sparse",
    "pax, --sparse-version=0.0",
    "pax, --sparse-version=0.1",
    "pax, --xattrs"
  })
  void aTreeThatTarPacked(String format, String option) throws Exception {
    Path from = Files.createDirectories(folder.resolve("from"));
    Files.createDirectories(from.resolve("d/e"));
    Files.writeString(from.resolve("d/e/f"), "content");
    Files.createLink(from.resolve("hard"), from.resolve("d/e/f"));
    Files.createSymbolicLink(from.resolve("soft"), Path.of("d/e/f"));
    Files.createDirectories(from.resolve("usr/bin"));
    Files.writeString(from.resolve("usr/bin/sh"), "sh");
    Files.createSymbolicLink(from.resolve("bin"), Path.of("usr/bin"));
    boolean old = format.equals("v7") || format.equals("ustar");
    String more =
        old
            ? ""
            : "echo long >$(printf %0200d 7); ln -s $(printf %0150d 1) longlink;"
                + " truncate -s 10M sparse; printf data | dd conv=notrunc bs=1 seek=5000000"
                + " of=sparse 2>/dev/null; truncate -s 3M hole; touch $(printf '\\351\\377');";
    String fifo = format.equals("v7") ? "" : "mkfifo -m 640 fifo;";
    Command.output(
        "sh",
        "-ec",
        "cd "
            + from
            + ";"
            + more
            + fifo
            + "chmod 6711 d/e/f; chmod 1777 d; chown -h 123:456 soft; chown 65534:7 usr/bin/sh;"
            + "setfattr -n user.x -v y usr/bin/sh;"
            + "setfattr -n security.capability -v 0x0100000200200000000000000000000000000000"
            + " usr/bin/sh; touch -h -d '2001-02-03 04:05:06.7' soft d/e; chmod 700 .");
    String sparse = option.contains("sparse") ? "--sparse" : "--recursion";
    String include = option.equals("--xattrs") ? "--xattrs-include=*" : "--recursion";
    Command.output(
        "tar",
        "-C",
        from.toString(),
        sparse,
        option,
        include,
        "--format=" + format,
        "-cf",
        archive.toString(),
        ".");
    comesOutAsTarWouldMakeIt();
    Path ours = folder.resolve("ours");
    if (!old && sparse.equals("--sparse")) {
      String blocks = Command.output("stat", "-c", "%b", ours.resolve("sparse").toString());
      assertThat(Long.parseLong(blocks.strip())).isLessThan(1000);
    }
    if (option.equals("--xattrs")) {
      assertThat(attributes(ours)).contains("security.capability").contains("user.x");
    }
  }

  private static TarFixture tar() {
    return new TarFixture();
  }

  static Stream<Arguments> written() {
    return Stream.of(
        Arguments.of("names as bytes", tar().file("\u00e9\u00ff", "x").file("\u00fe", "y").end()),
        Arguments.of("a name twice", tar().file("a", "1").file("a", "22").end()),
        Arguments.of(
            "a setuid file, owned",
            tar().add(new Header("s", '0', 0).mode(06755).octal(108, 8, 5)).end()),
        Arguments.of("a pipe", tar().add(new Header("fifo", '6', 0).mode(0600)).end()),
        Arguments.of("a contiguous file", tar().add(new Header("c", '7', 0)).end()),
        Arguments.of("a label", tar().add(new Header("v", 'V', 0)).file("a", "").end()),
        Arguments.of("a v7 directory", tar().add(new Header("d/", '0', 0)).end()),
        Arguments.of("type bits in a mode", tar().add(new Header("a", '0', 0).mode(0100755)).end()),
        Arguments.of("an absolute hard link", tar().file("a", "x").hardLink("b", "/a").end()),
        Arguments.of(
            "a file, then a directory", tar().file("d", "").directory("d").file("d/x", "").end()),
        Arguments.of("a prefix", tar().add(new Header("name", '0', 0).text(345, 155, "d/e")).end()),
        Arguments.of(
            "a time below a second",
            tar().pax('x', "mtime", "1000000000.123456789").file("a", "").end()),
        Arguments.of("a global comment", tar().pax('g', "comment", "abc").file("a", "").end()),
        Arguments.of(
            "merged usr",
            tar().directory("usr/bin").symlink("bin", "usr/bin").file("bin/sh", "sh").end()),
        Arguments.of("parents that are left out", tar().directory("a").file("a/b/c", "x").end()),
        Arguments.of("something behind the end", tar().file("a", "").raw(new byte[2048]).end()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("written")
  void oneWrittenByteByByte(String what, byte[] bytes) throws Exception {
    Files.write(archive, bytes);
    comesOutAsTarWouldMakeIt(DIRECTORY_TIME);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "xz", "zstd", "bzip2"})
  void whateverPackedIt(String tool) throws Exception {
    Files.write(archive, tar().directory("./").file("a", "packed by " + tool).end());
    Command.output("sh", "-c", tool + " -c " + archive + " >" + archive + ".packed");
    archive = folder.resolve("a.tar.packed");
    comesOutAsTarWouldMakeIt();
  }

  @Test
  void theFirstComponentsCanBeLeftOut() throws IOException {
    byte[] bytes = tar().directory("top/").file("top/a/b", "x").hardLink("top/c", "top/a/b").end();
    Path root = Files.createDirectory(folder.resolve("root"));
    UnpackPolicy one = UnpackPolicy.DEFAULT.with(1, false, jstack.manifest.RootfsLimits.DEFAULT);
    TarUnpacker.unpack(new java.io.ByteArrayInputStream(bytes), root, one, (e, b) -> {});
    assertThat(root.resolve("a/b")).hasContent("x");
    assertThat(root.resolve("c")).hasContent("x");
    assertThat(root.resolve("top")).doesNotExist();
  }
}
