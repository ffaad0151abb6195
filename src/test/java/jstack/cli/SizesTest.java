package jstack.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SizesTest {
  @Test
  void aSizeHasAtMostThreeDigits() {
    assertThat(Sizes.roughly(0)).isEqualTo("0b");
    assertThat(Sizes.roughly(999)).isEqualTo("999b");
    assertThat(Sizes.roughly(1024)).isEqualTo("1k");
    assertThat(Sizes.roughly(1000)).isEqualTo("1k");
    assertThat(Sizes.roughly(1536)).isEqualTo("1.5k");
    assertThat(Sizes.roughly(64 << 20)).isEqualTo("64m");
    assertThat(Sizes.roughly(4_123_456_789L)).isEqualTo("3.8g");
    assertThat(Sizes.roughly(999L << 20)).isEqualTo("999m");
    assertThat(Sizes.roughly(Long.MAX_VALUE)).isEqualTo("8e");
  }
}
