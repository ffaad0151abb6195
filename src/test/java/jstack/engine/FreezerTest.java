package jstack.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import jstack.diag.DiagnosticException;
import jstack.diag.Origin;
import jstack.manifest.HostPath;
import jstack.program.Instruction;
import jstack.program.Phase;
import jstack.program.Program;
import jstack.program.ProgramCodec;
import jstack.program.Step;
import jstack.program.SupervisorInstruction;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.RunState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FreezerTest {
  @TempDir Path folder;
  private final Freezer freezer = new Freezer(Duration.ofMillis(20));

  private ObservedContainer container(String service, String frozen) throws IOException {
    Path cgroup = Files.createDirectories(folder.resolve(service));
    Files.writeString(cgroup.resolve("cgroup.freeze"), frozen);
    Files.writeString(cgroup.resolve("cgroup.events"), "populated 1\nfrozen " + frozen + "\n");
    Instruction where = new SupervisorInstruction.KillWith(HostPath.of(cgroup));
    Program program = new Program(List.of(new Step(Phase.SUPERVISE, Origin.NONE, where)));
    return new ObservedContainer(
        ContainerId.of("demo", service, 1),
        RunState.RUNNING,
        ProgramCodec.encode(program),
        Optional.empty(),
        0);
  }

  private String asked(String service) throws IOException {
    return Files.readString(folder.resolve(service).resolve("cgroup.freeze"));
  }

  @Test
  void whoIsPausedAlreadyIsNotAskedAgain() throws Exception {
    assertThat(freezer.pause(List.of(container("a", "1")))).isEmpty();
    assertThat(freezer.unpause(List.of(container("b", "0")))).isEmpty();
  }

  @Test
  void whoDoesNotStandStillInTimeIsNamedAndGoesOn() throws Exception {
    List<ObservedContainer> both = List.of(container("still", "1"), container("busy", "0"));
    assertThatThrownBy(() -> freezer.pause(both))
        .isInstanceOf(DiagnosticException.class)
        .hasMessageContaining("busy-1 did not stand still");
    assertThat(asked("busy")).isEqualTo("0");
    assertThat(asked("still")).isEqualTo("1");
  }

  @Test
  void whoWasFrozenByACgroupAboveIsNamed() throws Exception {
    assertThatThrownBy(() -> freezer.unpause(List.of(container("a", "1"))))
        .isInstanceOf(DiagnosticException.class)
        .hasMessageContaining("a-1 is still paused");
    assertThat(asked("a")).isEqualTo("0");
  }

  @Test
  void whoHasNoFreezerIsNamed() {
    ObservedContainer bare =
        new ObservedContainer(
            ContainerId.of("demo", "bare", 1), RunState.RUNNING, new byte[0], Optional.empty(), 0);
    assertThatThrownBy(() -> freezer.pause(List.of(bare)))
        .isInstanceOf(DiagnosticException.class)
        .hasMessageContaining("bare-1");
  }
}
