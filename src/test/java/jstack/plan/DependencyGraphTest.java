package jstack.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class DependencyGraphTest {
  @Test
  void servicesThatNeedNobodyStartTogetherInTheOrderOfTheFile() {
    Map<String, List<String>> needs = new LinkedHashMap<>();
    needs.put("web", List.of("db", "cache"));
    needs.put("db", List.of());
    needs.put("cache", List.of());
    needs.put("job", List.of("web"));
    assertThat(new DependencyGraph(needs).startWaves())
        .containsExactly(List.of("db", "cache"), List.of("web"), List.of("job"));
    assertThat(new DependencyGraph(needs).stopWaves())
        .containsExactly(List.of("job"), List.of("web"), List.of("db", "cache"));
    assertThat(new DependencyGraph(needs).closure(Set.of("web")))
        .containsExactly("web", "db", "cache");
  }

  @Property
  void nobodyStartsBeforeWhatItNeedsInAnyGraph(@ForAll Random random) {
    Map<String, List<String>> needs = new LinkedHashMap<>();
    int size = 1 + random.nextInt(12);
    for (int i = 0; i < size; i++) {
      List<String> others = new ArrayList<>();
      for (int j = 0; j < i; j++) {
        if (random.nextInt(3) == 0) {
          others.add("s" + j);
        }
      }
      needs.put("s" + i, others);
    }
    List<List<String>> waves = new DependencyGraph(needs).startWaves();
    List<String> started = new ArrayList<>();
    for (List<String> wave : waves) {
      wave.forEach(service -> assertThat(started).containsAll(needs.get(service)));
      started.addAll(wave);
    }
    assertThat(started).containsExactlyInAnyOrderElementsOf(needs.keySet());
  }

  @Test
  void aCycleEndsAllTheSame() {
    Map<String, List<String>> needs = Map.of("a", List.of("b"), "b", List.of("a"));
    assertThat(new DependencyGraph(needs).startWaves().stream().flatMap(List::stream))
        .containsExactlyInAnyOrder("a", "b");
  }
}
