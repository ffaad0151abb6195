package jstack.diag;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lines are those of YAML 1.1, whichever breaks a text has. */
class SourceTextsTest {
  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n", "\r", "\u0085", "\u2028", "\u2029"})
  void everyBreakOfYamlEndsALine(String end) {
    assertThat(SourceTexts.split("a" + end + end + "b" + end)).isEqualTo(List.of("a", "", "b", ""));
    assertThat(SourceTexts.split("a\n" + end)).isEqualTo(List.of("a", "", ""));
  }

  @Test
  void aTextWithoutABreakIsOneLine() {
    assertThat(SourceTexts.split("")).isEqualTo(List.of(""));
    assertThat(SourceTexts.split("\u00e9")).isEqualTo(List.of("\u00e9"));
  }
}
