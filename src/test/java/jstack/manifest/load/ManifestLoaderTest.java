package jstack.manifest.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import jstack.diag.DiagnosticException;
import jstack.diag.DiagnosticPrinter;
import jstack.diag.Failure;
import jstack.diag.SourceTexts;
import jstack.linux.DiskWeights;
import jstack.manifest.HostPath;
import jstack.manifest.Service;
import jstack.manifest.Topology;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManifestLoaderTest {
  private static final String GOOD =
      "services:\n"
          + "  web:\n"
          + "    rootfs: {url: \"https://example.org/r.tar\"}\n"
          + "    command: [/bin/sh]\n";

  @TempDir Path directory;

  private LoadRequest request(Path file) {
    return new LoadRequest(file, directory, null, List.of(), Map.of());
  }

  private Path write(String name, String text) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  @Test
  void aManifestIsFoundHereOrAbove() throws IOException {
    write("My App/jstack.yml", GOOD);
    Path below = Files.createDirectories(directory.resolve("My App/a/b"));
    LoadedManifest loaded =
        ManifestLoader.load(new LoadRequest(null, below, null, List.of(), Map.of()));
    assertThat(loaded.manifest().file()).isEqualTo("../../jstack.yml");
    assertThat(loaded.manifest().name()).isEqualTo("myapp");
    assertThat(loaded.manifest().directory()).isEqualTo(HostPath.of(directory.resolve("My App")));
    write("My App/jstack.yaml", GOOD);
    assertThat(ManifestLoader.find(below)).contains(directory.resolve("My App/jstack.yaml"));
  }

  @Test
  void aMissingManifestIsItsOwnKindOfFailure() {
    assertFails(null, Failure.NO_MANIFEST, "no jstack.yaml in " + directory);
    assertFails(Path.of("x.yaml"), Failure.NO_MANIFEST, "x.yaml: error: no such file");
  }

  @Test
  void onlyTextFilesAreRead() throws IOException, InterruptedException {
    Files.createDirectory(directory.resolve("dir"));
    assertFails(Path.of("dir"), Failure.MANIFEST, "is a directory");
    Files.write(directory.resolve("elf"), new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0});
    assertFails(Path.of("elf"), Failure.MANIFEST, "not a text file (NUL byte at offset 7)");
    Files.write(
        directory.resolve("latin"),
        "a: b\nc: \u00e9t\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
    assertFails(Path.of("latin"), Failure.MANIFEST, "latin:2:4: error: byte 0xe9 is not UTF-8");
    Files.write(directory.resolve("utf16"), "a: b".getBytes(StandardCharsets.UTF_16));
    assertFails(Path.of("utf16"), Failure.MANIFEST, "UTF-16 is not supported");
    Files.write(directory.resolve("cut"), new byte[] {'a', ':', ' ', (byte) 0xe2, (byte) 0x82});
    assertFails(Path.of("cut"), Failure.MANIFEST, "cut:1:4: error: byte 0xe2 is not UTF-8");
    write("bom", "a: b\nc: \uFEFFd\n");
    assertFails(Path.of("bom"), Failure.MANIFEST, "bom:2:4: error: character U+FEFF");
    write("bell", "a: \u0007\n");
    assertFails(Path.of("bell"), Failure.MANIFEST, "bell:1:4: error: character U+0007");
    Process mkfifo = new ProcessBuilder("mkfifo", directory + "/fifo").start();
    assertThat(mkfifo.waitFor()).isZero();
    assertFails(Path.of("fifo"), Failure.MANIFEST, "is not a regular file");
    assertFails(Path.of("/dev/zero"), Failure.MANIFEST, "is not a regular file");
    Files.createSymbolicLink(directory.resolve("loop"), Path.of("loop"));
    assertFails(Path.of("loop"), Failure.MANIFEST, "cannot be read");
  }

  @Test
  void moreThanOneMebibyteIsRefusedBeforeItIsParsed() throws IOException {
    Files.write(directory.resolve("big"), new byte[4 << 20]);
    assertFails(Path.of("big"), Failure.MANIFEST, "larger than the limit of 1 MiB");
    StringBuilder list = new StringBuilder("x-list:\n");
    while (list.length() < (1 << 20) - 8) {
      list.append("- a\n");
    }
    write("long.yaml", list.toString());
    assertFails(Path.of("long.yaml"), Failure.MANIFEST, "grows to more than 100000 values");
  }

  @Test
  void aLargeManifestIsJudgedInReasonableTime() throws IOException {
    write("nested.yaml", "x-a: " + "[".repeat(500_000));
    write("scalar.yaml", GOOD.replace("/bin/sh", "x".repeat(900_000)));
    StringBuilder anchors = new StringBuilder("x-list:\n");
    for (int i = 0; i < 20_000; i++) {
      anchors.append("- &a").append(i).append(" b\n");
    }
    write("anchors.yaml", anchors.toString());
    long start = System.nanoTime();
    assertFails(Path.of("nested.yaml"), Failure.MANIFEST, "levels deep");
    assertFails(Path.of("scalar.yaml"), Failure.MANIFEST, "longer than the 128 KiB");
    assertFails(Path.of("anchors.yaml"), Failure.MANIFEST, "more than 1000 anchors");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
  }

  @Test
  void aLongRowOfServicesThatExtendOneAnotherIsRefusedAtItsLine() throws IOException {
    StringBuilder row = new StringBuilder(GOOD);
    for (int i = 0; i < 900; i++) {
      row.append("  s").append(i).append(": {extends: ");
      row.append(i == 899 ? "web" : "s" + (i + 1)).append("}\n");
    }
    write("row.yaml", row.toString());
    assertFails(
        Path.of("row.yaml"),
        Failure.MANIFEST,
        "row.yaml:54:18: error: services.s49.extends: more than 50 services extend one another");
  }

  @Test
  void theCallersVariablesWinOverFilesAndLaterFilesOverEarlierOnes() throws IOException {
    write("m.yaml", GOOD + "    environment: {A: \"$A\", B: \"${B}\", C: \"${C:-none}\"}\n");
    write(".env", "A=file\nB=file\nC=file\n");
    Map<String, String> caller = Map.of("A", "caller");
    LoadRequest plain = new LoadRequest(Path.of("m.yaml"), directory, null, List.of(), caller);
    assertThat(environment(plain)).isEqualTo(Map.of("A", "caller", "B", "file", "C", "file"));
    write("one.env", "A=1\nB=1\n");
    write("two.env", "B=2\n");
    LoadRequest named =
        new LoadRequest(
            Path.of("m.yaml"),
            directory,
            null,
            List.of(Path.of("one.env"), directory.resolve("two.env")),
            caller);
    assertThat(environment(named)).isEqualTo(Map.of("A", "caller", "B", "2", "C", "none"));
    write(".env", "A\n");
    assertFails(Path.of("m.yaml"), Failure.MANIFEST, ".env:1:1: error: no = in this line");
  }

  @Test
  void aBrokenFileOfVariablesIsOneProblemAmongOthers() throws IOException {
    Files.write(directory.resolve("latin.env"), new byte[] {'A', '=', (byte) 0xe9});
    write("m.yaml", GOOD + "    env_file: latin.env\n    tty: maybe\n");
    LoadRequest request =
        new LoadRequest(Path.of("m.yaml"), directory, null, List.of(Path.of("gone.env")), Map.of());
    assertThatThrownBy(() -> ManifestLoader.load(request))
        .isInstanceOfSatisfying(
            DiagnosticException.class,
            e -> {
              assertThat(e.failure()).isEqualTo(Failure.MANIFEST);
              assertThat(e.diagnostics())
                  .extracting(d -> d.origin().place() + " " + d.message())
                  .containsExactly(
                      "gone.env no such file",
                      "latin.env:1:3 byte 0xe9 is not UTF-8",
                      "m.yaml:6:10 must be true or false, not \"maybe\"");
            });
  }

  private static Map<String, String> environment(LoadRequest request) {
    return ManifestLoader.load(request).manifest().services().get("web").environment();
  }

  @Test
  void onlyStartingNeedsTheFilesOfThisMachine() throws IOException {
    write("m.yaml", GOOD + "    mounts: [./gone:/x]\n    env_file: gone.env\n");
    assertFails(Path.of("m.yaml"), Failure.MANIFEST, "there is no " + directory + "/gone");
    LoadRequest stop = request(Path.of("m.yaml")).withPurpose(LoadRequest.Purpose.STOP);
    assertThat(ManifestLoader.load(stop).manifest().services()).containsKey("web");
  }

  /** The kernel takes a weight wherever it is asked to, so the word about it has to be ours. */
  @Test
  void aWeightThatNoDiskLooksAtIsSaidToDoNothing() throws IOException {
    String io = "    cgroup: {io: {weight: 300}}\n";
    write("m.yaml", GOOD + io + GOOD.replaceAll("^.*\n  web", "  db") + io);
    Path queue = Files.createDirectories(directory.resolve("block/sda/queue"));
    DiskWeights disks = new DiskWeights(directory.resolve("block"), directory);
    LoadRequest request =
        request(Path.of("m.yaml")).withTopology(Topology.UNKNOWN.withDisks(disks));
    Files.writeString(queue.resolve("scheduler"), "[none] bfq\n");
    assertThat(ManifestLoader.load(request).warnings())
        .extracting(warning -> warning.headline() + " (" + warning.hint() + ")")
        .containsExactly(
            "m.yaml:5:27: warning: services.web.cgroup.io.weight: no disk of this machine is shared"
                + " out by weight now: it will do nothing (echo bfq >"
                + " /sys/block/DISK/queue/scheduler)");
    Files.writeString(queue.resolve("scheduler"), "none [bfq]\n");
    assertThat(ManifestLoader.load(request).warnings()).isEmpty();
    assertThat(ManifestLoader.load(request(Path.of("m.yaml"))).warnings())
        .as("nobody knows")
        .isEmpty();
  }

  @Test
  void theProjectsNameComesFromTheRequestThenTheKeyThenTheFolder() throws IOException {
    write("My_App.1/m.yaml", GOOD);
    write("named.yaml", "name: key\n" + GOOD);
    assertThat(ManifestLoader.load(request(Path.of("My_App.1/m.yaml"))).manifest().name())
        .isEqualTo("my_app1");
    assertThat(ManifestLoader.load(request(Path.of("named.yaml"))).manifest().name())
        .isEqualTo("key");
    LoadRequest asked =
        new LoadRequest(Path.of("named.yaml"), directory, "asked", List.of(), Map.of());
    assertThat(ManifestLoader.load(asked).manifest().name()).isEqualTo("asked");
    LoadRequest wrong =
        new LoadRequest(Path.of("named.yaml"), directory, "../x", List.of(), Map.of());
    assertThatThrownBy(() -> ManifestLoader.load(wrong))
        .hasMessageContaining("project name \"../x\"");
  }

  @Test
  void aDiagnosticShowsTheLineThatWasReadEvenIfTheFileHasChanged() throws IOException {
    Path file = write("m.yaml", GOOD + "    tty: maybe\n");
    SourceTexts texts = new SourceTexts();
    assertThatThrownBy(() -> ManifestLoader.load(request(file), texts))
        .isInstanceOfSatisfying(
            DiagnosticException.class,
            e -> {
              write2(file);
              assertThat(new DiagnosticPrinter(texts::linesOf).print(e.diagnostics()))
                  .contains("    5 |     tty: maybe\n");
            });
  }

  private static void write2(Path file) {
    try {
      Files.writeString(file, "changed\n");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void everyValueKnowsItsLine() throws IOException {
    write(
        "m.yaml",
        "x-b: &b\n  hostname: h\n"
            + GOOD.replace("  web:\n", "  web:\n    <<: *b\n")
            + "    mem_limit: 64m\n    volumes:\n      - /etc:/x:ro\n");
    Service web = ManifestLoader.load(request(Path.of("m.yaml"))).manifest().services().get("web");
    assertThat(web.at("hostname").place()).isEqualTo("m.yaml:2:13");
    assertThat(web.at("command[0]").place()).isEqualTo("m.yaml:7:15");
    assertThat(web.at("cgroup.memory.max").place()).isEqualTo("m.yaml:8:16");
    assertThat(web.at("cgroup.memory.max").keyPath()).isEqualTo("services.web.cgroup.memory.max");
    assertThat(web.at("stop_signal").place()).isEqualTo("m.yaml:5:5");
    assertThat(web.mounts().get(0).origin().place()).isEqualTo("m.yaml:10:9");
    assertThat(web.mounts().get(0).origin().keyPath()).isEqualTo("services.web.volumes[0]");
  }

  @Test
  void aMountComesBeforeThoseBelowIt() {
    String mounts = "    mounts: [/a:/x/y/z, /b:/q, /c:/x, /d:/xx]\n    tmpfs: [/x/y]\n";
    Service web = Manifests.good(GOOD + mounts).services().get("web");
    assertThat(web.mounts())
        .extracting(mount -> mount.target().value())
        .containsExactly("/x", "/x/y", "/x/y/z", "/q", "/xx");
  }

  private void assertFails(Path file, Failure failure, String words) {
    SourceTexts texts = new SourceTexts();
    assertThatThrownBy(() -> ManifestLoader.load(request(file), texts))
        .isInstanceOfSatisfying(
            DiagnosticException.class,
            e -> {
              assertThat(e.failure()).isEqualTo(failure);
              assertThat(new DiagnosticPrinter(texts::linesOf).print(e.diagnostics()))
                  .contains(words);
            });
  }
}
