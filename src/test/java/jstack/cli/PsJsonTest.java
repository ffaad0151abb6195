package jstack.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.RunState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PsJsonTest {
  private static String of(RunState state, int exitCode) throws Exception {
    ContainerId id = ContainerId.of("demo", "web", 1);
    ObservedContainer container =
        new ObservedContainer(id, state, new byte[0], Optional.empty(), exitCode);
    return PsJson.of(List.of(container), Map.of());
  }

  @Test
  void whatEndedSaysHow() throws Exception {
    assertThat(of(RunState.EXITED, 0)).contains("\"exit_code\":0");
    assertThat(of(RunState.EXITED, 137)).contains("\"exit_code\":137");
    assertThat(of(RunState.RESTARTING, 3)).contains("\"exit_code\":3");
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"EXITED", "RESTARTING"})
  void nobodyInventsAnExitCode(RunState state) throws Exception {
    assertThat(of(state, 0)).doesNotContain("exit_code");
  }
}
