package jstack.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import jstack.state.ContainerId;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.RunState;
import jstack.state.Status;
import org.junit.jupiter.api.Test;

class StateChangesTest {
  private static final ContainerId WEB = ContainerId.of("demo", "web", 1);

  private static Observed runs(long startedAt, String health) {
    String text = "version=1\nstate=running\npid=7\nstarted_at=%d\nhealth=%s\n";
    return new Observed(
        "demo",
        List.of(
            new ObservedContainer(
                WEB,
                RunState.RUNNING,
                new byte[0],
                Status.parse(text.formatted(startedAt, health)),
                0)));
  }

  private static List<String> told(StateChanges changes, Observed now) {
    return changes.look(now, Instant.EPOCH).stream().map(StateChanges.Event::what).toList();
  }

  @Test
  void eachVerdictOfTheCheckIsTold() {
    StateChanges changes = new StateChanges(new Observed("demo", List.of()));
    assertThat(told(changes, runs(1, "starting"))).containsExactly("created", "started");
    assertThat(told(changes, runs(1, "healthy"))).containsExactly("healthy");
    assertThat(told(changes, runs(1, "healthy"))).isEmpty();
    assertThat(told(changes, runs(1, "unhealthy"))).containsExactly("unhealthy");
    assertThat(told(changes, runs(2, "starting"))).containsExactly("started");
    assertThat(told(changes, runs(2, "healthy"))).containsExactly("healthy");
    assertThat(told(changes, runs(3, "healthy"))).containsExactly("started", "healthy");
    assertThat(told(changes, runs(3, ""))).isEmpty();
  }
}
