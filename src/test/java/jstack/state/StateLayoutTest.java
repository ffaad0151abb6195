package jstack.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StateLayoutTest {
  @Test
  void theStateLivesInThePlacesOfTheFhs() {
    StateLayout layout = StateLayout.of(Map.of(), Path.of("/work"));
    assertThat(layout)
        .isEqualTo(new StateLayout(Path.of("/run/jstack"), Path.of("/var/lib/jstack")));
  }

  @Test
  void theEnvironmentMovesTheStateAndARelativePathIsTheCallers() {
    StateLayout layout =
        StateLayout.of(Map.of("JSTACK_RUN", "r", "JSTACK_HOME", "/h"), Path.of("/work"));
    assertThat(layout).isEqualTo(new StateLayout(Path.of("/work/r"), Path.of("/h")));
  }

  @Test
  void aControlSocketIsShortHoweverLongTheNamesAre() {
    StateLayout layout = StateLayout.of(Map.of(), Path.of("/"));
    ContainerId id = ContainerId.of("p".repeat(63), "s".repeat(63), 100);
    assertThat(layout.control(id).toString().length()).isLessThan(108);
    assertThat(layout.control(id)).isNotEqualTo(layout.control(ContainerId.of("p", "s", 1)));
    assertThat(layout.fitsSockets()).isTrue();
    assertThat(new StateLayout(Path.of("/" + "x".repeat(90)), Path.of("/h")).fitsSockets())
        .isFalse();
  }

  @Test
  void noTwoNetworkNamespacesHaveOneName() {
    StateLayout layout = StateLayout.of(Map.of(), Path.of("/"));
    List<String> names =
        List.of(
            layout.networkNamespace(ContainerId.of("a", "b-c", 1)),
            layout.networkNamespace(ContainerId.of("a-b", "c", 1)),
            layout.networkNamespace(ContainerId.of("a", "ns-b-c", 1)),
            layout.networkNamespace(ContainerId.of("a-ns", "b-c", 1)),
            layout.namedNetworkNamespace("a", "b-c-1"),
            layout.namedNetworkNamespace("a-b", "c-1"));
    assertThat(names).doesNotHaveDuplicates();
  }
}
