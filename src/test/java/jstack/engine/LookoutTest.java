package jstack.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jstack.diag.DiagnosticException;
import jstack.diag.Inputs;
import jstack.diag.Origin;
import jstack.manifest.HostPath;
import jstack.program.HostInstruction;
import jstack.program.Phase;
import jstack.program.Program;
import jstack.program.ProgramCodec;
import jstack.program.Step;
import jstack.state.ContainerId;
import jstack.state.LimitLook;
import jstack.state.LimitObserver;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.RunState;
import jstack.state.StateLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LookoutTest {
  private static final ContainerId WEB = ContainerId.of("demo", "web", 1);
  private static final ContainerId GONE = ContainerId.of("demo", "gone", 1);

  @TempDir private Path folder = Path.of("");

  private StateLayout layout() {
    return new StateLayout(folder.resolve("run"), folder.resolve("home"));
  }

  /** As if the directory were the cgroup of a container. */
  private Program program(String name, String most) {
    HostPath cgroup = HostPath.of(folder.resolve(name));
    return new Program(
        List.of(
            new Step(Phase.HOST, Origin.NONE, new HostInstruction.MakeCgroup(cgroup)),
            new Step(
                Phase.HOST,
                Origin.NONE,
                new HostInstruction.Write(cgroup.resolve("memory.max"), most))));
  }

  private static ObservedContainer running(ContainerId id, Program program) {
    byte[] bytes = ProgramCodec.encode(program);
    return new ObservedContainer(id, RunState.RUNNING, bytes, Optional.empty(), 0);
  }

  @Test
  void seesWhatOneWouldSeeWithoutIt() throws Exception {
    for (String name : List.of("web", "gone")) {
      Files.createDirectories(folder.resolve(name));
      Files.writeString(folder.resolve(name).resolve("memory.max"), "64\n");
    }
    Program wanted = program("web", "128");
    Observed here =
        new Observed(
            "demo",
            List.of(running(WEB, program("web", "64")), running(GONE, program("gone", ""))));
    Observed expected = new LimitObserver(layout()).look(here, Map.of(WEB, wanted));
    try (Lookout lookout = new Lookout(() -> new LimitLook(layout(), here, new Inputs()))) {
      lookout.compare(WEB, wanted);
      assertThat(lookout.observed()).isEqualTo(here);
      assertThat(lookout.compared()).isEqualTo(expected);
    }
    assertThat(expected.limits().texts())
        .containsEntry(HostPath.of(folder.resolve("web/memory.max")), "64")
        .containsEntry(HostPath.of(folder.resolve("gone/memory.max")), "64");
  }

  @Test
  void whatGoesWrongThereIsSaidHere() {
    DiagnosticException problem = DiagnosticException.operation("code", "message", "hint");
    Lookout blind =
        new Lookout(
            () -> {
              throw problem;
            });
    try (blind) {
      assertThatThrownBy(blind::observed).isSameAs(problem);
      blind.compare(WEB, program("web", "1"));
      assertThatThrownBy(blind::compared).isSameAs(problem);
    }
  }
}
