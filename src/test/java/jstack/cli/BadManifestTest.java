package jstack.cli;

import static jstack.manifest.print.ManifestPrinter.Secrets.MASKED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.DiagnosticPrinter;
import jstack.diag.SourceTexts;
import jstack.manifest.Topology;
import jstack.manifest.load.LoadRequest;
import jstack.manifest.load.LoadedManifest;
import jstack.manifest.load.ManifestLoader;
import jstack.manifest.print.ManifestPrinter;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Manifests as people, machines and attackers get them wrong, in the files of golden/bad: what is
 * said of each, to the letter, and with which codes. {@code -Djstack.golden.write=true} rewrites
 * what is expected; then read the difference as somebody would who made the mistake.
 */
class BadManifestTest {
  static final Path CASES = Path.of("src/test/resources/golden/bad");
  private static final boolean WRITE = Boolean.getBoolean("jstack.golden.write");
  private static final long SECOND = 1_000_000_000L;

  /** Not how long it may take, which is a second: whoever waits for a FIFO waits for ever. */
  private static final Duration HANGS = Duration.ofSeconds(30);

  private static final Map<String, String> CALLER =
      Map.of(
          "HOME", "/home/me",
          "EMPTY", "",
          "COLON", "a: b",
          "LINES", "x\n- y",
          "API_TOKEN", "tok-5up3r",
          "SECRET_FOR_OTHERS", "true"); // would be in many a message

  /** Of each group: how many inputs, and how often each code. */
  private static final Map<String, Integer> TRIED = new TreeMap<>();

  private static final Map<String, Map<String, Integer>> CODES = new TreeMap<>();

  @TempDir static Path folder;

  @BeforeAll
  static void aMachine() throws IOException, InterruptedException {
    BadManifests.furnish(folder);
  }

  @TestFactory
  Stream<DynamicNode> eachGetsExactlyTheseWords() throws IOException {
    List<DynamicNode> groups = new ArrayList<>();
    for (Path file : files()) {
      List<BadManifestCase> cases = BadManifestCase.of(file);
      List<String> written = new ArrayList<>();
      Stream<DynamicTest> tests =
          cases.stream()
              .map(
                  each ->
                      DynamicTest.dynamicTest(
                          each.id() + " " + each.title(), () -> written.add(check(each))));
      groups.add(DynamicContainer.dynamicContainer(file.getFileName().toString(), tests));
      if (WRITE) {
        groups.add(DynamicTest.dynamicTest("write " + file, () -> write(file, written)));
      }
    }
    return groups.stream();
  }

  @Test
  void noInputIsMissing() throws IOException {
    List<String> ids = new ArrayList<>();
    for (Path file : files()) {
      for (BadManifestCase each : BadManifestCase.of(file)) {
        assertThat(each.group() + ".txt")
            .isEqualTo(file.getFileName().toString().substring(0, 1) + ".txt");
        ids.add(each.id());
      }
    }
    assertThat(ids).doesNotHaveDuplicates();
    Map<String, Integer> last = Map.of("A", 15, "B", 28, "C", 22, "D", 20, "E", 20, "F", 13);
    Map<String, Integer> more = Map.of("G", 15, "H", 16, "I", 15);
    for (Map<String, Integer> groups : List.of(last, more)) {
      groups.forEach(
          (group, count) -> {
            for (int i = 1; i <= count; i++) {
              String id = group + i;
              assertThat(ids).anyMatch(each -> each.equals(id) || each.startsWith(id + "."));
            }
          });
    }
  }

  @Test
  void aToolGetsTheSameAsJson() throws IOException {
    Files.writeString(
        folder.resolve("json.yaml"),
        "services:\n  a: {rootfs: ./r.tar, comand: x, environment: {API_TOKEN: [hunter2]}}\n");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Console console = new Console(printer(out), printer(out), Map.of(), folder);
    assertThat(Main.run(List.of("validate", "--format", "json", "json.yaml"), console))
        .isEqualTo(65);
    assertThat(out.toString(StandardCharsets.UTF_8).lines())
        .containsExactly(
            "{\"file\":\"json.yaml\",\"line\":2,\"column\":24,\"severity\":\"error\","
                + "\"path\":\"services.a.comand\",\"code\":\"unknown-key\","
                + "\"message\":\"unknown key \\\"comand\\\", did you mean \\\"command\\\"?\","
                + "\"suggestion\":\"command\",\"hint\":\"\"}",
            "{\"file\":\"json.yaml\",\"line\":2,\"column\":60,\"severity\":\"error\","
                + "\"path\":\"services.a.environment.API_TOKEN\",\"code\":\"type\","
                + "\"message\":\"must be a string, number or boolean, not a list\","
                + "\"suggestion\":\"\",\"hint\":\"\"}");
  }

  @Test
  void fourMebibytesAreRefusedAtOnce() throws IOException {
    Path large = folder.resolve("large.yaml");
    Files.write(large, BadManifests.generate("4-mib"));
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 5; i++) {
      long start = System.nanoTime();
      run("large.yaml", true);
      best = Math.min(best, System.nanoTime() - start);
    }
    Files.delete(large);
    assertThat(best).as("nanoseconds").isLessThan(SECOND / 10);
  }

  private static List<Path> files() throws IOException {
    return files(CASES);
  }

  static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(path -> path.toString().endsWith(".txt")).sorted().toList();
    }
  }

  private static void write(Path file, List<String> cases) throws IOException {
    String before = Files.readString(file);
    int first = ("\n" + before).indexOf("\n=== ");
    Files.writeString(file, before.substring(0, first) + String.join("", cases));
  }

  /** The case as it should stand in its file; fails when it does not. */
  private static String check(BadManifestCase each) throws IOException {
    for (Map.Entry<String, byte[]> file : each.files().entrySet()) {
      Files.write(folder.resolve(file.getKey()), file.getValue());
    }
    try {
      String said = assertTimeoutPreemptively(HANGS, () -> load(each));
      if (!WRITE) {
        assertThat(said).isEqualTo(each.says());
      }
      return "=== " + each.input() + "--- says " + said;
    } finally {
      for (String name : each.files().keySet()) {
        Files.delete(folder.resolve(name));
      }
    }
  }

  private static String load(BadManifestCase each) {
    SourceTexts texts = new SourceTexts();
    DiagnosticPrinter printer = new DiagnosticPrinter(texts::linesOf);
    List<Diagnostic> said;
    String shown = "";
    long before = cpuTime();
    try {
      LoadedManifest loaded = ManifestLoader.load(request(each), texts);
      said = loaded.warnings();
      shown = block(ManifestPrinter.yaml(loaded.manifest(), MASKED), each.show());
    } catch (DiagnosticException e) {
      said = e.diagnostics();
      assertThat(said).isNotEmpty();
    }
    assertThat(cpuTime() - before).as("nanoseconds").isLessThan(SECOND);
    List<String> codes = said.stream().sorted().map(BadManifestTest::code).toList();
    int exit = run(each.named(), shown.isEmpty() && said.stream().anyMatch(Diagnostic::isError));
    count(each, codes);
    String text =
        exit
            + ":"
            + codes.stream().map(code -> " " + code).collect(Collectors.joining())
            + "\n"
            + printer.print(said.stream().map(texts::redact).toList())
            + shown;
    return text.replace(folder.toAbsolutePath().toString(), "/DIR");
  }

  private static LoadRequest request(BadManifestCase each) {
    return new LoadRequest(Path.of(each.named()), folder, null, List.of(), CALLER)
        .withPurpose(LoadRequest.Purpose.VALIDATE)
        .withCpusOnline(4)
        .withTopology(Topology.parse("0-3\n", "0\n").withMemory("MemTotal:  8388608 kB\n"));
  }

  /** The same through the command line; gives its exit code. */
  private static int run(String named, boolean wrong) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Console console = new Console(printer(out), printer(err), CALLER, folder);
    int exit = Main.run(List.of("validate", "--file=" + named), console);
    String said = err.toString(StandardCharsets.UTF_8);
    assertThat(said).doesNotContain("bug of jstack", "Exception", "\tat ");
    if (wrong) {
      assertThat(exit).as(said).isBetween(65, 66);
      assertThat(out.size()).as("what is printed besides the errors").isZero();
    } else {
      assertThat(exit).as(said).isZero();
    }
    return exit;
  }

  private static PrintStream printer(OutputStream to) {
    return new PrintStream(to, true, StandardCharsets.UTF_8);
  }

  private static long cpuTime() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static String code(Diagnostic diagnostic) {
    return diagnostic.code() + (diagnostic.isError() ? "" : "(" + diagnostic.severity() + ")");
  }

  private static void count(BadManifestCase each, List<String> codes) {
    TRIED.merge(each.group(), 1, Integer::sum);
    Map<String, Integer> group = CODES.computeIfAbsent(each.group(), any -> new TreeMap<>());
    for (String code : codes.isEmpty() ? List.of("accepted") : codes) {
      group.merge(code, 1, Integer::sum);
    }
  }

  /** A key of a printed manifest with everything below it. */
  private static String block(String yaml, String key) {
    StringBuilder out = new StringBuilder();
    int indent = -1;
    for (String line : key.isEmpty() ? new String[0] : yaml.split("\n")) {
      int here = line.length() - line.stripLeading().length();
      boolean first = indent < 0 && line.strip().startsWith(key + ":");
      boolean item = line.startsWith("- ", here) && here >= indent;
      if (first || (indent >= 0 && (here > indent || (here == indent && item)))) {
        indent = first ? here : indent;
        out.append(line.substring(indent)).append('\n');
      } else if (indent >= 0) {
        break;
      }
    }
    return out.toString();
  }

  @AfterAll
  static void theTable() throws IOException {
    Files.delete(folder.resolve("outside")); // JUnit would warn of where it leads
    int all = TRIED.values().stream().mapToInt(Integer::intValue).sum();
    StringBuilder table = new StringBuilder("manifests tried: " + all + "\n");
    CODES.forEach(
        (group, codes) -> {
          table.append(group).append("  ").append(TRIED.get(group)).append(':');
          codes.forEach((code, count) -> table.append(' ').append(code).append(' ').append(count));
          table.append('\n');
        });
    Files.createDirectories(Path.of("target/walls"));
    Files.writeString(Path.of("target/walls/manifests.txt"), table);
    System.out.print(table);
  }
}
