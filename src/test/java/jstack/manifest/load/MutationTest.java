package jstack.manifest.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.DiagnosticPrinter;
import jstack.diag.SourceTexts;
import jstack.manifest.print.ManifestPrinter;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Good manifests with small mistakes in them, as people make them. */
class MutationTest {
  private static final List<String> TOKENS =
      List.of(
          "",
          "~",
          "null",
          "5",
          "-1",
          "0",
          "1.5",
          "true",
          "no",
          "\"\"",
          "\"x\"",
          "[]",
          "{}",
          "[a]",
          "{a: b}",
          "[[]]",
          "'",
          "\"",
          "[",
          "]",
          "{",
          "}",
          ":",
          "- ",
          "# ",
          "&a",
          "*a",
          "*base",
          "<<: *base",
          "!x",
          "!!int x",
          "${SET}",
          "${NOPE}",
          "${EMPTY}",
          "$",
          "\t",
          "  ",
          "\n",
          "64m",
          "1e30",
          "99999999999999999999",
          "/proc",
          "/",
          "..",
          "~/x",
          "é",
          "日本",
          "max",
          "host",
          "@",
          "`",
          "%",
          "|",
          ">",
          "? a",
          "---",
          "...",
          "service_started",
          "\"0755\"",
          "0755",
          "50000/100000",
          "1m30s",
          "x: y",
          "http://example.org/x",
          "web",
          "a:b:c",
          "+5",
          "5.",
          ".5");

  @Property(tries = 3000, seed = "20260101")
  void aMistakeIsAlwaysSaidInOurWordsAndAtAPlaceInTheFile(@ForAll Random random) {
    String text = mutate(random);
    SourceTexts texts = new SourceTexts();
    texts.put("m.yaml", text);
    List<Diagnostic> errors;
    try {
      errors = Manifests.bind(text).errors();
    } catch (DiagnosticException e) {
      errors = e.diagnostics();
      assertThat(errors).isNotEmpty();
    }
    int lines = SourceTexts.split(text).size();
    for (Diagnostic error : errors) {
      assertThat(error.origin().line()).as(text).isBetween(0, lines);
      assertThat(error.message())
          .as(text)
          .isNotBlank()
          .doesNotContain("Exception", "java.", "org.");
      if (error.origin().isKnown()) {
        int columns = SourceTexts.split(text).get(error.origin().line() - 1).length();
        assertThat(error.origin().column()).as(error + "\n" + text).isBetween(1, columns + 1);
      }
    }
    assertThat(new DiagnosticPrinter(texts::linesOf).print(errors)).doesNotContain("Exception");
  }

  @Property(tries = 1500, seed = "20260102")
  void whatTheSchemaRefusesTheBinderRefusesToo(@ForAll Random random) {
    String text = mutate(random);
    Manifests.Outcome outcome;
    try {
      outcome = Manifests.bind(text);
    } catch (DiagnosticException e) {
      return; // not YAML, so there is nothing to judge
    }
    if (outcome.errors().isEmpty()) {
      assertThat(SchemaCheck.findings(outcome.tree())).as(text).isEmpty();
    }
  }

  @Property(tries = 300, seed = "20260103")
  void whatIsAcceptedCanBePrintedAndReadBack(@ForAll Random random) {
    String text = mutate(random);
    Manifests.Outcome outcome;
    try {
      outcome = Manifests.bind(text);
    } catch (DiagnosticException e) {
      return;
    }
    if (outcome.errors().isEmpty()) {
      String printed = ManifestPrinter.yaml(outcome.manifest());
      assertThat(ManifestPrinter.yaml(Manifests.good(printed))).as(text).isEqualTo(printed);
    }
  }

  @Example
  void mutantsAreOfEveryKind() {
    int good = 0;
    int wrong = 0;
    int noYaml = 0;
    int wrongForTheSchema = 0;
    Random random = new Random(7);
    for (int i = 0; i < 600; i++) {
      try {
        Manifests.Outcome outcome = Manifests.bind(mutate(random));
        good += outcome.errors().isEmpty() ? 1 : 0;
        wrong += outcome.errors().isEmpty() ? 0 : 1;
        wrongForTheSchema += SchemaCheck.findings(outcome.tree()).isEmpty() ? 0 : 1;
      } catch (DiagnosticException e) {
        noYaml++;
      }
    }
    assertThat(List.of(good, wrong, noYaml, wrongForTheSchema)).allMatch(count -> count > 30);
  }

  @Example
  void nineInTenSyntaxMistakesAreFoundWithinTwoLines() {
    int near = 0;
    int all = 0;
    Random random = new Random(11);
    for (int i = 0; i < 2000; i++) {
      StringBuilder text = new StringBuilder(Manifests.GOOD.get(i % Manifests.GOOD.size()));
      List<int[]> words = words(text);
      int at = words.get(random.nextInt(words.size()))[0];
      String inserted = List.of("\"", "[", "{", "\t", "@", ": ", "'", "]").get(random.nextInt(8));
      text.insert(at, inserted);
      int line = SourceTexts.split(text.substring(0, at)).size();
      try {
        Manifests.bind(text.toString());
      } catch (DiagnosticException e) {
        int found = e.diagnostics().get(0).origin().line();
        near += Math.abs(found - line) <= 2 ? 1 : 0;
        all++;
      }
    }
    assertThat(all).isGreaterThan(300);
    assertThat(near * 100 / all).isGreaterThanOrEqualTo(90);
  }

  private static String mutate(Random random) {
    StringBuilder text =
        new StringBuilder(Manifests.GOOD.get(random.nextInt(Manifests.GOOD.size())));
    int edits = random.nextInt(4) == 0 ? 3 : 1;
    for (int i = 0; i < edits; i++) {
      edit(text, random);
    }
    return text.toString();
  }

  private static void edit(StringBuilder text, Random random) {
    List<int[]> words = words(text);
    int[] word = words.get(random.nextInt(words.size()));
    String token = TOKENS.get(random.nextInt(TOKENS.size()));
    switch (random.nextInt(6)) {
      case 0, 1, 2 -> text.replace(word[0], word[1], token);
      case 3 -> text.insert(word[0], token);
      case 4 -> { // a letter swapped with its neighbour
        int at = word[0] + random.nextInt(Math.max(1, word[1] - word[0] - 1));
        char c = text.charAt(at);
        text.setCharAt(at, text.charAt(at + 1));
        text.setCharAt(at + 1, c);
      }
      default -> { // a line lost, or its indentation changed
        int start = text.lastIndexOf("\n", word[0]) + 1;
        int end = text.indexOf("\n", word[0]);
        if (random.nextBoolean()) {
          text.delete(start, end + 1);
        } else {
          text.insert(start, " ".repeat(1 + random.nextInt(3)));
        }
      }
    }
  }

  /** Starts and ends of what is neither blank nor punctuation; the last character is never in. */
  private static List<int[]> words(CharSequence text) {
    List<int[]> words = new ArrayList<>();
    int start = -1;
    for (int i = 0; i < text.length() - 1; i++) {
      boolean part = " \n:,[]{}".indexOf(text.charAt(i)) < 0;
      if (part && start < 0) {
        start = i;
      } else if (!part && start >= 0) {
        words.add(new int[] {start, i});
        start = -1;
      }
    }
    return words;
  }
}
