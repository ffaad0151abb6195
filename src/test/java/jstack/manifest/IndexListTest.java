package jstack.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IndexListTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"0|0", "0-3|0-3", "3,1,2|1-3", "0,2|0,2", "0-1, 4-5 ,5|0-1,4-5", "8191|8191"})
  void theTextIsTheShortestOne(String written, String shortest) {
    IndexList list = IndexList.parse(written);
    assertThat(list).hasToString(shortest);
    assertThat(IndexList.parse(list.toString())).isEqualTo(list);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-1", "1-", "-", "a", "0,,1", "8192", "0-99999999999", "1.5", "+1"})
  void whatIsNoListIsRefused(String text) {
    assertThatThrownBy(() -> IndexList.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not a list of numbers");
  }

  @Test
  void aRangeGoesUpwards() {
    assertThatThrownBy(() -> IndexList.parse("3-1")).hasMessageContaining("before it begins");
  }

  @Test
  void whatIsLeftIsWhatTheOtherLacks() {
    assertThat(IndexList.parse("0-5").without(IndexList.parse("1,3-5")).indexes())
        .isEqualTo(List.of(0, 2));
  }
}
