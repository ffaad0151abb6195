package jstack.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContainerIdTest {
  @Property
  void aNameIsReadBackAsTheContainerThatItNames(@ForAll @IntRange(min = 1, max = 500) int index) {
    for (String service : List.of("web", "a-1", "x-run", "x-run-1", "db_2")) {
      ContainerId id = ContainerId.of("p", service, index);
      assertThat(ContainerId.parse("p", id.name())).contains(id);
    }
  }

  @Property
  void theNameOfAOneOffIsReadBackWhateverItsSeed(@ForAll int seed) {
    for (String service : List.of("web", "a-1", "x-run")) {
      ContainerId id = ContainerId.oneOff("p", service, seed);
      assertThat(ContainerId.parse("p", id.name())).contains(id);
      assertThat(id.isOneOff()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "web", "-1", "web-", "web-x", "run-a12345", "web-run-a1234"})
  void aFolderThatIsNoContainersIsPassedOver(String name) {
    assertThat(ContainerId.parse("p", name)).isEmpty();
  }

  @Test
  void theTenthContainerComesAfterTheNinth() {
    assertThat(ContainerId.of("p", "web", 9)).isLessThan(ContainerId.of("p", "web", 10));
  }
}
