package jstack.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import jstack.manifest.Condition;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.RunState;
import jstack.state.Status;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProgressTest {
  @ParameterizedTest
  @CsvSource({
    "STARTED, CREATED, 0, , WAITING",
    "STARTED, RUNNING, 0, , MET",
    "STARTED, EXITED, 3, , MET",
    "STARTED, FAILED, 0, , BROKEN",
    "HEALTHY, STARTING, 0, , WAITING",
    "HEALTHY, RUNNING, 0, , WAITING",
    "HEALTHY, RUNNING, 0, starting, WAITING",
    "HEALTHY, RUNNING, 0, healthy, MET",
    "HEALTHY, RUNNING, 0, unhealthy, BROKEN",
    "HEALTHY, EXITED, 0, healthy, BROKEN",
    "HEALTHY, LOST, 0, healthy, BROKEN",
    "COMPLETED, RUNNING, 0, , WAITING",
    "COMPLETED, EXITED, 0, , MET",
    "COMPLETED, EXITED, 1, , BROKEN",
    "COMPLETED, LOST, 0, , BROKEN",
    "COMPLETED, FAILED, 0, , BROKEN",
  })
  void aConditionIsMetOrBrokenOrWaitedFor(
      Condition condition, RunState state, int code, String health, Progress expected) {
    String line = health == null ? "" : "health=" + health + "\n";
    Optional<Status> status = Status.parse("version=1\nstate=running\n" + line);
    ObservedContainer container =
        new ObservedContainer(ContainerId.of("p", "db", 1), state, new byte[0], status, code);
    assertThat(Progress.of(condition, Optional.of(container))).isEqualTo(expected);
  }
}
