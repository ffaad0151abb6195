package jstack.manifest.bind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;

class ShellWordsTest {
  @Property
  void quotedWordsAreSplitIntoThemselves(
      @ForAll @Size(max = 5)
          List<@StringLength(max = 6) @Chars({'a', ' ', '\'', '"', '\\', '$', '\n', '\t'}) String>
              words) {
    StringBuilder singles = new StringBuilder();
    StringBuilder doubles = new StringBuilder();
    for (String word : words) {
      singles.append(" '").append(word.replace("'", "'\\''")).append("' ");
      String escaped = word.replace("\\", "\\\\").replace("\"", "\\\"").replace("$", "\\$");
      doubles.append(" \"").append(escaped).append("\"\n");
    }
    assertThat(ShellWords.split(singles.toString())).isEqualTo(words);
    assertThat(ShellWords.split(doubles.toString())).isEqualTo(words);
  }

  @Example
  void wordsAreSplitAsAShellDoes() {
    assertThat(ShellWords.split("a  b\\ c d\\\n e \"f 'g'\"h '' \"\\x\""))
        .containsExactly("a", "b c", "d", "e", "f 'g'h", "", "\\x");
    assertThat(ShellWords.split(" \\\n ")).isEmpty();
    assertThatThrownBy(() -> ShellWords.split("a 'b")).hasMessageContaining("never closed");
    assertThatThrownBy(() -> ShellWords.split("a\\")).hasMessageContaining("backslash");
  }
}
