package jstack.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import jstack.support.Command;
import jstack.support.Host;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Archives of one family, unpacked by root beside a victim that must stay as it was. Each class
 * below has a table of them, {@code archives()}.
 */
abstract class ArchiveSuite {
  private static final List<String> STAYS =
      List.of("mode", "uid", "gid", "nlink", "size", "ino", "lastModifiedTime");

  @TempDir Path folder;
  Path root;
  Path victim;
  private Map<String, Object> before;

  @BeforeEach
  void begin() throws IOException {
    Host.needsRoot();
    root = Files.createDirectory(folder.resolve("root"));
    victim = Files.createDirectory(folder.resolve("victim"));
    Files.writeString(victim.resolve("secret"), "untouched");
    before = victimNow();
  }

  @AfterEach
  void theVictimIsUntouched() throws IOException {
    assertThat(victimNow()).isEqualTo(before);
    assertThat(victim.resolve("secret")).hasContent("untouched");
    try (Stream<Path> all = Files.list(victim);
        Stream<Path> outside = Files.list(folder)) {
      assertThat(all.count()).isOne();
      assertThat(outside.count()).isEqualTo(2);
    }
  }

  private Map<String, Object> victimNow() throws IOException {
    Map<String, Object> now = new TreeMap<>();
    for (Path path : List.of(victim, victim.resolve("secret"))) {
      Files.readAttributes(path, "unix:*", LinkOption.NOFOLLOW_LINKS)
          .forEach(
              (name, value) -> {
                if (STAYS.contains(name)) {
                  now.put(path.getFileName() + " " + name, value);
                }
              });
    }
    return now;
  }

  @AfterAll
  static void count() throws IOException {
    Tally.write();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("archives")
  void isUnpackedAsExpectedOrRefused(Archive archive) throws IOException {
    Tally.TRIED.incrementAndGet();
    long began = System.nanoTime();
    UnpackReport[] report = new UnpackReport[1];
    Throwable thrown = catchThrowable(() -> report[0] = unpack(archive.bytes(), archive.policy()));
    assertThat(System.nanoTime() - began).as("time").isLessThan(5_000_000_000L);
    if (!archive.refusal().isEmpty()) {
      assertThat(thrown)
          .isInstanceOf(ArchiveException.class)
          .hasMessageFindingMatch(archive.refusal())
          .hasMessageContaining(archive.place())
          .hasMessageNotContaining("Exception");
      assertThat(thrown.getMessage().chars()).allMatch(c -> c >= ' ');
      Tally.REFUSED.incrementAndGet();
      return;
    }
    assertThat(thrown).isNull();
    assertThat(listing(root)).containsExactlyInAnyOrder(archive.tree().toArray(new String[0]));
    if (archive.warning().isEmpty()) {
      assertThat(report[0].warnings()).isEmpty();
    } else {
      assertThat(report[0].warnings()).singleElement().asString().contains(archive.warning());
    }
  }

  UnpackReport unpack(byte[] archive) throws IOException {
    return unpack(archive, UnpackPolicy.DEFAULT);
  }

  UnpackReport unpack(byte[] archive, UnpackPolicy policy) throws IOException {
    return TarUnpacker.unpack(
        new ByteArrayInputStream(archive), root, policy, (entries, bytes) -> {});
  }

  /** {@code name f644 3} for a file of three bytes, {@code name d755}, {@code name -> text}. */
  static List<String> listing(Path tree) throws IOException {
    String text =
        Command.output(
            "find",
            tree.toString(),
            "-mindepth",
            "1",
            "(",
            "-type",
            "f",
            "-printf",
            "%P f%m %s %U:%G\\n",
            "-o",
            "-type",
            "l",
            "-printf",
            "%P -> %l %U:%G\\n",
            "-o",
            "-printf",
            "%P %y%m %U:%G\\n",
            ")");
    return text.lines()
        .map(line -> line.endsWith(" 0:0") ? line.substring(0, line.length() - 4) : line)
        .toList();
  }

  static TarFixture tar() {
    return new TarFixture();
  }

  static Archive refused(String id, String what, byte[] bytes, String refusal, String place) {
    return Archive.refused(id, what, bytes, refusal, place);
  }

  static Archive accepted(String id, String what, byte[] bytes, String... tree) {
    return Archive.accepted(id, what, bytes, tree);
  }
}
