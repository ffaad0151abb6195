package jstack.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CgroupPathTest {
  @ParameterizedTest
  @ValueSource(strings = {"a/b.slice", "/a/b.slice", "a/b.slice/"})
  void slashesAroundItMeanNothing(String text) {
    assertThat(CgroupPath.parse(text)).hasToString("a/b.slice");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/", "//", "..", "a/../b", "../a", "a//b", "./a", "a b", "a\nb"})
  void noPathLeadsOutOfTheTree(String text) {
    assertThatThrownBy(() -> CgroupPath.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }
}
