package jstack.manifest.yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import jstack.diag.Problems;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class InterpolationTest {
  private static final Map<String, String> VARIABLES =
      Map.of("SET", "v$w}", "EMPTY", "", "_2", "x");

  /** A piece of a template: its text, and what it stands for (null: it cannot be expanded). */
  record Piece(String text, String value) {}

  @Property
  void aTemplateIsThatWhichItsPiecesStandFor(@ForAll("templates") Piece template)
      throws Interpolation.Refused {
    if (template.value() == null) {
      assertThatThrownBy(() -> Interpolation.expand(template.text(), VARIABLES))
          .isInstanceOf(Interpolation.Refused.class);
    } else {
      assertThat(Interpolation.expand(template.text(), VARIABLES)).isEqualTo(template.value());
    }
  }

  @Provide
  Arbitrary<Piece> templates() {
    return template(2);
  }

  private static Arbitrary<Piece> template(int depth) {
    return piece(depth)
        .list()
        .ofMaxSize(3)
        .map(
            pieces -> {
              StringBuilder text = new StringBuilder();
              StringBuilder value = new StringBuilder();
              boolean whole = true;
              for (Piece piece : pieces) {
                text.append(piece.text());
                value.append(piece.value());
                whole &= piece.value() != null;
              }
              return new Piece(text.toString(), whole ? value.toString() : null);
            });
  }

  private static Arbitrary<Piece> piece(int depth) {
    Arbitrary<Piece> plain =
        Arbitraries.of(
            new Piece("a ", "a "),
            new Piece("{:-", "{:-"),
            new Piece("\n", "\n"),
            new Piece("$$", "$"),
            new Piece("$SET.", "v$w}."),
            new Piece("${_2}", "x"),
            new Piece("$EMPTY ", " "),
            new Piece("${NOPE}", null));
    return depth == 0 ? plain : Arbitraries.oneOf(plain, braces(depth));
  }

  private static Arbitrary<Piece> braces(int depth) {
    return Combinators.combine(
            Arbitraries.of("SET", "EMPTY", "NOPE"),
            Arbitraries.of(":-", "-", ":?", "?", ":+", "+"),
            template(depth - 1))
        .as(
            (name, operator, word) -> {
              String text = "${" + name + operator + word.text() + "}";
              String value = VARIABLES.get(name);
              boolean there = value != null && !(operator.startsWith(":") && value.isEmpty());
              return new Piece(
                  text,
                  switch (operator.charAt(operator.length() - 1)) {
                    case '-' -> there ? value : word.value();
                    case '?' -> there ? value : null;
                    default -> there ? word.value() : "";
                  });
            });
  }

  @Property
  void anEscapedTextStandsForItself(@ForAll String text) throws Interpolation.Refused {
    assertThat(Interpolation.expand(Interpolation.escape(text), Map.of())).isEqualTo(text);
  }

  @Example
  void mistakesPointAtTheirDollar() {
    assertThat(refused("ab ${X").index()).isEqualTo(3);
    assertThat(refused("$$ $").index()).isEqualTo(3);
    assertThat(refused("${SET:-x} ${}").index()).isEqualTo(10);
    assertThat(refused("${NOPE:-a${DEEP}}").index()).isEqualTo(9);
    assertThat(refused("${NOPE:?tell me}").message()).isEqualTo("NOPE: tell me");
    assertThat(refused("${SET!}").message()).contains("comes one of");
  }

  @Example
  void defaultsAreNestedTwentyDeepAtMost() throws Interpolation.Refused {
    assertThat(Interpolation.expand("${N:-".repeat(20) + "x" + "}".repeat(20), Map.of()))
        .isEqualTo("x");
    assertThat(refused("${N:-".repeat(21) + "x" + "}".repeat(21)).message()).contains("20");
    assertThat(refused("${N:-".repeat(100_000)).message()).contains("20");
  }

  private static Interpolation.Refused refused(String text) {
    try {
      Interpolation.expand(text, VARIABLES);
    } catch (Interpolation.Refused e) {
      return e;
    }
    throw new AssertionError("accepted: " + text);
  }

  @Property
  void anEnvFileGivesBackWhatWasQuotedIntoIt(@ForAll("values") List<String> values) {
    StringBuilder text = new StringBuilder("# a comment\n\n");
    List<String> names = new ArrayList<>();
    for (String value : values) {
      String name = "V" + names.size();
      names.add(name);
      String quoted =
          value
              .replace("\\", "\\\\")
              .replace("\"", "\\\"")
              .replace("$", "\\$")
              .replace("\r", "\\r");
      text.append(names.size() % 2 == 0 ? "export " : " ").append(name).append(" = \"");
      text.append(quoted).append("\" # why\r\n");
    }
    Problems problems = new Problems();
    Map<String, String> read = EnvFile.parse(text.toString(), ".env", Map.of(), problems);
    assertThat(problems.errors()).isEmpty();
    assertThat(read.keySet()).containsExactlyElementsOf(names);
    assertThat(read.values()).containsExactlyElementsOf(values);
  }

  @Provide
  Arbitrary<List<String>> values() {
    return Arbitraries.strings().withChars("a #'\"\\$\n\t=\r").ofMaxLength(8).list().ofMaxSize(4);
  }

  @Example
  void anEnvFileIsReadAsComposeDoes() {
    String text =
        "A=1\r\nB= two words  # comment\nC='as $it is' # x\nD=\"a\\nb\"\nE=${A}-$OUTER\nF=\n"
            + "export G=g#h\nH=#nothing\nA=last";
    Problems problems = new Problems();
    Map<String, String> read = EnvFile.parse(text, ".env", Map.of("OUTER", "out"), problems);
    assertThat(problems.errors()).isEmpty();
    assertThat(read)
        .isEqualTo(
            Map.of(
                "A",
                "last",
                "B",
                "two words",
                "C",
                "as $it is",
                "D",
                "a\nb",
                "E",
                "1-out",
                "F",
                "",
                "G",
                "g#h",
                "H",
                "#nothing"));
  }
}
