package jstack.diag;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class InputsTest {
  private final Inputs inputs = new Inputs();

  @Test
  void keepAllAnswersInTheOrderOfTheQuestions() {
    inputs.note(Inputs.Kind.THERE, "/b", true);
    inputs.note(Inputs.Kind.THERE, "/a", false);
    inputs.note(Inputs.Kind.LINK, "/a", "x");
    inputs.note(Inputs.Kind.THERE, "/b", true);
    assertThat(inputs.areRepeatable()).isTrue();
    assertThat(inputs.answers().values()).containsExactly("yes", "no", "x");
  }

  @Test
  void twoAnswersToOneQuestionAreNone() {
    inputs.note(Inputs.Kind.THERE, "/b", true);
    inputs.note(Inputs.Kind.THERE, "/b", false);
    assertThat(inputs.areRepeatable()).isFalse();
  }

  @Test
  void whatNobodyCanAskAgainMakesAllOfThemUnfit() {
    inputs.cannotAskAgain();
    assertThat(inputs.areRepeatable()).isFalse();
  }

  @Test
  void aPathThatNoLineHoldsCannotBeAskedAgain() {
    inputs.note(Inputs.Kind.THERE, "/a\nb", false);
    assertThat(inputs.areRepeatable()).isFalse();
  }

  @Test
  void aDigestTellsTextsApart() {
    assertThat(digest("")).isEqualTo(digest("")).isNotEqualTo(digest("\0"));
    assertThat(digest("max: 64m")).isNotEqualTo(digest("max: 65m"));
    assertThat(digest("ab")).isNotEqualTo(digest("ba"));
  }

  private static String digest(String text) {
    return Inputs.digest(text.getBytes(StandardCharsets.UTF_8));
  }
}
