package jstack.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import jstack.state.ContainerId;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.RunState;
import jstack.state.Status;
import org.junit.jupiter.api.Test;

class StateChangesTest {
  private static final ContainerId WEB = ContainerId.of("demo", "web", 1);

  private static final Observed NOBODY = new Observed("demo", List.of());

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
    StateChanges changes = new StateChanges(NOBODY, id -> Optional.empty());
    assertThat(told(changes, runs(1, "starting"))).containsExactly("created", "started");
    assertThat(told(changes, runs(1, "healthy"))).containsExactly("healthy");
    assertThat(told(changes, runs(1, "healthy"))).isEmpty();
    assertThat(told(changes, runs(1, "unhealthy"))).containsExactly("unhealthy");
    assertThat(told(changes, runs(2, "starting"))).containsExactly("started");
    assertThat(told(changes, runs(2, "healthy"))).containsExactly("healthy");
    assertThat(told(changes, runs(3, "healthy"))).containsExactly("started", "healthy");
    assertThat(told(changes, runs(3, ""))).isEmpty();
  }

  private static Observed with(RunState state, String lines) {
    String text = "version=1\nstate=%s\npid=7\n".formatted(state) + lines;
    return new Observed(
        "demo", List.of(new ObservedContainer(WEB, state, new byte[0], Status.parse(text), 137)));
  }

  @Test
  void aCheckpointIsNoExitAndARestoreNoStart() {
    StateChanges changes = new StateChanges(runs(1, ""), id -> Optional.empty());
    String kept = "started_at=1\nfinished_at=2\nexit_code=137\nended_by=checkpoint\n";
    assertThat(changes.look(with(RunState.EXITED, kept), Instant.EPOCH))
        .containsExactly(
            new StateChanges.Event(Instant.ofEpochSecond(0, 2), WEB, "checkpointed", 0, -1));
    assertThat(changes.look(with(RunState.RUNNING, "started_at=3\nrestored=1\n"), Instant.EPOCH))
        .containsExactly(
            new StateChanges.Event(Instant.ofEpochSecond(0, 3), WEB, "restored", 7, -1));
    String ended = "started_at=3\nfinished_at=4\nexit_code=137\nrestored=1\n";
    assertThat(changes.look(with(RunState.EXITED, ended), Instant.EPOCH))
        .containsExactly(
            new StateChanges.Event(Instant.ofEpochSecond(0, 4), WEB, "exited", 0, 137));
  }

  /** Between two looks it was stopped and removed, and its records with it. */
  @Test
  void anEndThatNobodySawIsToldOfWhoIsGone() {
    StateChanges.Event end =
        new StateChanges.Event(Instant.ofEpochSecond(0, 5), WEB, "exited", 0, 137);
    assertThat(told(new StateChanges(runs(1, ""), id -> Optional.of(end)), NOBODY))
        .containsExactly("exited", "removed");
    assertThat(told(new StateChanges(runs(6, ""), id -> Optional.of(end)), NOBODY))
        .as("the end of a run before")
        .containsExactly("removed");
    Observed over = with(RunState.EXITED, "started_at=1\nfinished_at=5\nexit_code=137\n");
    assertThat(told(new StateChanges(over, id -> Optional.of(end)), NOBODY))
        .as("it was told")
        .containsExactly("removed");
  }
}
