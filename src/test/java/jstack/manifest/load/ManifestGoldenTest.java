package jstack.manifest.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import jstack.diag.DiagnosticException;
import jstack.diag.DiagnosticPrinter;
import jstack.diag.SourceTexts;
import jstack.manifest.Topology;
import jstack.manifest.print.ManifestPrinter;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Each folder of golden/manifest is a case: manifest.yaml gives errors.txt, or, when it is good,
 * warnings and the resolved manifest in resolved.yaml. {@code -Djstack.golden.write=true} rewrites
 * the expected texts; then read the difference.
 */
class ManifestGoldenTest {
  private static final Path CASES = Path.of("src/test/resources/golden/manifest");
  private static final boolean WRITE = Boolean.getBoolean("jstack.golden.write");
  private static final Map<String, String> CALLER =
      Map.of("HOME", "/home/me", "USER", "me", "COLON", "a: b", "LINES", "x\n- y", "HOST", "box");

  @TestFactory
  Stream<DynamicTest> aManifestGivesExactlyTheseWords() throws IOException {
    return cases().stream()
        .map(path -> DynamicTest.dynamicTest(path.getFileName().toString(), () -> check(path)));
  }

  @Test
  void thereAreManyCasesAndEachHasAnExpectation() throws IOException {
    assertThat(cases()).hasSizeGreaterThan(60);
    for (Path path : cases()) {
      assertThat(path.resolve("errors.txt").toFile().exists())
          .as(path.toString())
          .isNotEqualTo(path.resolve("resolved.yaml").toFile().exists());
    }
  }

  private static List<Path> cases() throws IOException {
    try (Stream<Path> folders = Files.list(CASES)) {
      return folders.filter(path -> Files.exists(path.resolve("manifest.yaml"))).sorted().toList();
    }
  }

  private static void check(Path folder) throws IOException {
    SourceTexts texts = new SourceTexts();
    DiagnosticPrinter printer = new DiagnosticPrinter(texts::linesOf);
    List<String> result = new ArrayList<>();
    try {
      LoadRequest request =
          new LoadRequest(Path.of("manifest.yaml"), folder, null, List.of(), CALLER)
              .withPurpose(LoadRequest.Purpose.VALIDATE)
              .withCpusOnline(4)
              .withTopology(Topology.parse("0-3\n", "0\n"));
      LoadedManifest loaded = ManifestLoader.load(request, texts);
      String warnings = printer.print(loaded.warnings());
      result.add("resolved.yaml");
      result.add(
          warnings.lines().map(line -> "# " + line + "\n").reduce("", String::concat)
              + ManifestPrinter.yaml(loaded.manifest()));
    } catch (DiagnosticException e) {
      result.add("errors.txt");
      result.add(printer.print(e.diagnostics()));
    }
    String text = result.get(1).replace(folder.toAbsolutePath().toString(), "/DIR");
    Path expected = folder.resolve(result.get(0));
    if (WRITE) {
      Files.deleteIfExists(folder.resolve("errors.txt"));
      Files.deleteIfExists(folder.resolve("resolved.yaml"));
      Files.writeString(expected, text);
    }
    assertThat(expected).as("expected for: %n%s", text).exists();
    assertThat(text).isEqualTo(Files.readString(expected));
  }
}
