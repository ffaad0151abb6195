package jstack.diag;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class DiagnosticPrinterTest {
  private static String print(String text, int line, int column, int length) {
    SourceTexts texts = new SourceTexts();
    texts.put("f", text);
    Origin origin = new Origin("f", line, column, length, "a.b");
    return new DiagnosticPrinter(texts::linesOf)
        .print(
            Diagnostic.error(origin, "code", "is wrong")
                .withDetails(List.of("step 1"))
                .withHint("mend it"));
  }

  @Example
  void anErrorShowsItsLineWithACaret() {
    assertThat(print("x\n  key: value\n", 2, 8, 5))
        .isEqualTo(
            """
            f:2:8: error: a.b: is wrong
                2 |   key: value
                  |        ^^^^^
              step 1
              hint: mend it
            """);
  }

  @Example
  void theCaretStandsBelowWideCharactersAndTabs() {
    assertThat(print("\t日本: 🐳 é e\u0301 x\n", 1, 2, 2)).contains("\n      |  ^^^^\n");
    assertThat(print("日本: x", 1, 5, 1)).contains("\n      |       ^\n");
    assertThat(print("e\u0301: x", 1, 5, 1)).contains("\n      |    ^\n");
  }

  @Example
  void onlyTheNeighbourhoodOfALongLineIsShown() {
    String shown = print("a".repeat(5000) + "KEY" + "b".repeat(5000), 1, 5001, 3);
    String[] lines = shown.split("\n");
    assertThat(lines[1]).hasSizeLessThan(200).contains("...a").contains("KEYb").endsWith("b...");
    assertThat(lines[2].indexOf('^')).isEqualTo(lines[1].indexOf("KEY"));
  }

  @Example
  void aFileCannotDriveTheReadersTerminal() {
    String shown = print("\u001b[31m\u202e \u2028\u0085red", 1, 1, 1);
    assertThat(shown).doesNotContain("\u001b", "\u202e", "\u2028", "\u0085");
  }

  @Example
  void aPlaceThatIsNotThereIsNoReasonToFail() {
    assertThat(print("x", 9, 1, 1)).startsWith("f:9:1: error");
    assertThat(print("x", 1, 99, 99)).contains("^");
    assertThat(print("x", 0, 0, 0)).startsWith("f: error: a.b: is wrong\n  step");
  }

  @Property
  void anyPlaceInAnyTextCanBeShown(
      @ForAll String text,
      @ForAll @IntRange(max = 5) int line,
      @ForAll @IntRange(min = 1, max = 300) int column,
      @ForAll @IntRange(max = 300) int length) {
    assertThat(print(text, line, column, length)).contains("is wrong").endsWith("mend it\n");
  }

  @Example
  void secretsOfASourceLineAreMasked() {
    SourceTexts texts = new SourceTexts();
    texts.put(
        "f", "url: https://me:hunter2@h/x\nDB_PASSWORD: hunter2\nuser: me\n- API_TOKEN=abc\n");
    assertThat(texts.linesOf("f"))
        .containsExactly(
            "url: https://me:*******@h/x",
            "DB_PASSWORD: *******",
            "user: me",
            "- API_TOKEN=***",
            "");
  }

  @Property
  void anOriginReadsBackWhatItPrints(
      @ForAll String file,
      @ForAll @IntRange(max = 9999) int line,
      @ForAll @IntRange(max = 9999) int column,
      @ForAll String keyPath) {
    Origin origin = new Origin(file, line, column, 7, keyPath);
    assertThat(Origin.parse(origin.toString())).isEqualTo(origin);
  }

  @Property
  void originsAreOrderedByFileThenPlace(
      @ForAll @IntRange(max = 3) int line1,
      @ForAll @IntRange(max = 3) int column1,
      @ForAll @IntRange(max = 3) int line2,
      @ForAll @IntRange(max = 3) int column2) {
    Origin a = new Origin("f", line1, column1, 1, "");
    Origin b = new Origin("f", line2, column2, 1, "");
    int expected = Integer.compare(line1 * 10 + column1, line2 * 10 + column2);
    assertThat(Integer.signum(a.compareTo(b))).isEqualTo(expected);
    assertThat(a.compareTo(new Origin("g", 0, 0, 0, ""))).isNegative();
  }
}
