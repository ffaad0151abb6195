package jstack.manifest.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.SourceTexts;
import org.junit.jupiter.api.Test;

/**
 * Twenty good manifests, each with five hundred single edits: every one is accepted or refused in
 * our words, at once, and a mistake of syntax is found where it was made. {@code -Djstack.seed=N}
 * takes other edits.
 */
class EditedManifestTest {
  private static final long SEED = Long.getLong("jstack.seed", 20260105);
  private static final int EDITS = 500;
  private static final long SECOND = 1_000_000_000L;

  private static final List<String> OTHER_TYPES =
      List.of("5", "-1", "1.5", "true", "~", "\"\"", "[]", "{}", "[a]", "{a: b}", "text", "'x");

  /** What an edit does to lines of text; the result is the line that was edited. */
  private interface Edit {
    int apply(List<String> lines, Random random);
  }

  private static final Map<String, Edit> KINDS =
      new TreeMap<>(
          Map.of(
              "delete line", EditedManifestTest::deleteLine,
              "indent", EditedManifestTest::indent,
              "swap letters", EditedManifestTest::swapLetters,
              "change type", EditedManifestTest::changeType,
              "delete character", EditedManifestTest::deleteCharacter,
              "duplicate line", EditedManifestTest::duplicateLine));

  private static final class Tally {
    int tried;
    int accepted;
    int refused;
    int noYaml;
    int near;
    int nearOfAll;
  }

  @Test
  void everyEditIsAcceptedOrRefusedInOurWordsNearWhereItWasMade() throws IOException {
    List<String> good = goodOnes();
    assertThat(good).hasSizeGreaterThanOrEqualTo(20);
    Random random = new Random(SEED);
    Map<String, Tally> tallies = new TreeMap<>();
    for (String text : good) {
      for (int i = 0; i < EDITS; i++) {
        List<String> kinds = List.copyOf(KINDS.keySet());
        String kind = kinds.get(random.nextInt(kinds.size()));
        List<String> lines = new ArrayList<>(SourceTexts.split(text));
        int line = KINDS.get(kind).apply(lines, random);
        judge(String.join("\n", lines), line, tallies.computeIfAbsent(kind, any -> new Tally()));
      }
    }
    int noYaml = 0;
    int near = 0;
    System.out.println("edited manifests: " + good.size() + " x " + EDITS + ", seed " + SEED);
    for (Map.Entry<String, Tally> entry : tallies.entrySet()) {
      Tally tally = entry.getValue();
      System.out.printf(
          "  %-16s tried %d accepted %d refused %d (near %d), no YAML %d (near %d)%n",
          entry.getKey(),
          tally.tried,
          tally.accepted,
          tally.refused,
          tally.nearOfAll,
          tally.noYaml,
          tally.near);
      noYaml += tally.noYaml;
      near += tally.near;
    }
    assertThat(noYaml).isGreaterThan(500);
    assertThat(near * 100.0 / noYaml).as("percent within two lines").isGreaterThanOrEqualTo(90);
  }

  private static void judge(String text, int line, Tally tally) {
    List<Diagnostic> errors;
    boolean yaml = true;
    long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    try {
      Manifests.Outcome outcome = Manifests.bind(text);
      errors = new ArrayList<>(outcome.errors());
      if (errors.isEmpty()) {
        assertThat(SchemaCheck.findings(outcome.tree())).as(text).isEmpty();
      }
    } catch (DiagnosticException e) { // anything else is a bug, and fails the test
      assertThat(e.failure()).isEqualTo(Failure.MANIFEST);
      errors = new ArrayList<>(e.diagnostics());
      assertThat(errors).isNotEmpty();
      yaml = false;
    }
    long nanos = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before;
    assertThat(nanos).as(text).isLessThan(SECOND);
    tally.tried++;
    if (errors.isEmpty()) {
      tally.accepted++;
      return;
    }
    errors.sort(null);
    boolean near = Math.abs(errors.get(0).origin().line() - line) <= 2;
    tally.refused += yaml ? 1 : 0;
    tally.nearOfAll += yaml && near ? 1 : 0;
    tally.noYaml += yaml ? 0 : 1;
    tally.near += !yaml && near ? 1 : 0;
    assertThat(errors).allSatisfy(error -> assertThat(error.message()).doesNotContain("Exception"));
  }

  /** The test's own, the examples, and the good ones among the golden cases. */
  private static List<String> goodOnes() throws IOException {
    List<String> texts = new ArrayList<>(Manifests.GOOD);
    for (String folder : List.of("examples", "src/test/resources/golden/manifest")) {
      try (Stream<Path> files = Files.walk(Path.of(folder))) {
        for (Path file :
            files.filter(path -> path.toString().endsWith(".yaml")).sorted().toList()) {
          String name = file.getFileName().toString();
          boolean isCase = !name.equals("manifest.yaml") || isGood(file);
          if (isCase && !name.equals("resolved.yaml") && isGoodText(Files.readString(file))) {
            texts.add(Files.readString(file));
          }
        }
      }
    }
    return texts;
  }

  private static boolean isGood(Path manifest) {
    return Files.exists(manifest.resolveSibling("resolved.yaml"));
  }

  private static boolean isGoodText(String text) {
    try {
      return Manifests.bind(text).errors().isEmpty();
    } catch (DiagnosticException e) {
      return false;
    }
  }

  /** A line that says something. */
  private static int pick(List<String> lines, Random random) {
    while (true) {
      int at = random.nextInt(lines.size());
      String line = lines.get(at).strip();
      if (!line.isEmpty() && !line.startsWith("#")) {
        return at;
      }
    }
  }

  private static int deleteLine(List<String> lines, Random random) {
    int at = pick(lines, random);
    lines.remove(at);
    return at + 1;
  }

  private static int duplicateLine(List<String> lines, Random random) {
    int at = pick(lines, random);
    lines.add(at + 1, lines.get(at));
    return at + 2;
  }

  private static int indent(List<String> lines, Random random) {
    int at = pick(lines, random);
    String line = lines.get(at);
    int spaces = line.length() - line.stripLeading().length();
    int other = Math.max(0, spaces + List.of(-3, -2, -1, 1, 2, 3).get(random.nextInt(6)));
    lines.set(at, " ".repeat(other) + line.stripLeading());
    return at + 1;
  }

  private static int swapLetters(List<String> lines, Random random) {
    int at = pick(lines, random);
    StringBuilder line = new StringBuilder(lines.get(at));
    int start = line.length() - line.toString().stripLeading().length();
    int i = start + random.nextInt(line.length() - start);
    if (i + 1 < line.length()) {
      char c = line.charAt(i);
      line.setCharAt(i, line.charAt(i + 1));
      line.setCharAt(i + 1, c);
    }
    lines.set(at, line.toString());
    return at + 1;
  }

  private static int deleteCharacter(List<String> lines, Random random) {
    int at = pick(lines, random);
    StringBuilder line = new StringBuilder(lines.get(at));
    lines.set(at, line.deleteCharAt(random.nextInt(line.length())).toString());
    return at + 1;
  }

  private static int changeType(List<String> lines, Random random) {
    int at = pick(lines, random);
    String line = lines.get(at);
    int colon = line.indexOf(": ");
    int start = colon < 0 ? line.length() - line.stripLeading().length() : colon + 2;
    lines.set(at, line.substring(0, start) + OTHER_TYPES.get(random.nextInt(OTHER_TYPES.size())));
    return at + 1;
  }
}
