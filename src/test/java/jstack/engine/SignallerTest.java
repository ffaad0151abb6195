package jstack.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import jstack.diag.DiagnosticException;
import jstack.linux.Signal;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.RunState;
import jstack.state.StateLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Somebody stops a container between the look at it and the signal. */
class SignallerTest {
  private static final ContainerId WEB = ContainerId.of("demo", "web", 1);

  @TempDir Path folder;

  private static ObservedContainer in(RunState state) {
    return new ObservedContainer(WEB, state, new byte[0], Optional.empty(), 0);
  }

  private boolean send(RunState... states) {
    Signaller signaller = new Signaller(new StateLayout(folder.resolve("r"), folder.resolve("h")));
    Deque<RunState> seen = new ArrayDeque<>(List.of(states));
    return signaller.send(
        in(RunState.RUNNING),
        Signal.KILL,
        () -> Optional.of(in(seen.size() > 1 ? seen.remove() : seen.getFirst())));
  }

  @Test
  void aRunThatIsOverMeanwhileIsNoError() {
    assertThat(send(RunState.EXITED)).isFalse();
    assertThat(send(RunState.UNREACHABLE, RunState.UNREACHABLE, RunState.EXITED)).isFalse();
    assertThatThrownBy(() -> send(RunState.UNREACHABLE))
        .isInstanceOf(DiagnosticException.class)
        .hasMessageContaining("its control socket is gone");
  }
}
