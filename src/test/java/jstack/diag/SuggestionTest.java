package jstack.diag;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;

class SuggestionTest {
  @Property
  void theEditDistanceIsThatOfTheDefinition(
      @ForAll @CharRange(from = 'a', to = 'c') @StringLength(max = 5) String a,
      @ForAll @CharRange(from = 'a', to = 'c') @StringLength(max = 5) String b) {
    assertThat(Suggestion.distance(a, b)).isEqualTo(slowDistance(a, b));
  }

  private static int slowDistance(String a, String b) {
    if (a.isEmpty() || b.isEmpty()) {
      return a.length() + b.length();
    }
    List<Integer> ways = new ArrayList<>();
    ways.add(slowDistance(a.substring(1), b) + 1);
    ways.add(slowDistance(a, b.substring(1)) + 1);
    ways.add(slowDistance(a.substring(1), b.substring(1)) + (a.charAt(0) == b.charAt(0) ? 0 : 1));
    if (a.length() > 1
        && b.length() > 1
        && a.charAt(0) == b.charAt(1)
        && a.charAt(1) == b.charAt(0)) {
      ways.add(slowDistance(a.substring(2), b.substring(2)) + 1);
    }
    return ways.stream().min(Integer::compare).orElseThrow();
  }
}
