package jstack.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import jstack.program.NetworkPart.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NamespaceTableTest {
  private static final long NOBODY = 4_194_305; // above PID_MAX_LIMIT

  private static ObservedContainer container(String service, RunState state, long pid) {
    Status status =
        new Status(
            Status.Phase.RUNNING,
            "boot",
            1,
            1,
            pid,
            1,
            0,
            0,
            1,
            0,
            false,
            "",
            java.util.Optional.empty(),
            0,
            false);
    return new ObservedContainer(
        ContainerId.of("demo", service, 1), state, new byte[0], Optional.of(status), 0);
  }

  private static List<NamespaceTable.Row> rows(Path folder, ObservedContainer... containers) {
    StateLayout layout = new StateLayout(folder.resolve("run"), folder.resolve("home"));
    return NamespaceTable.of(layout, new Observed("demo", List.of(containers)));
  }

  @Test
  void theNamespacesOfTheMachineAreNotListed(@TempDir Path folder) {
    long here = ProcessHandle.current().pid();
    assertThat(rows(folder, container("web", RunState.RUNNING, here))).isEmpty();
  }

  @Test
  void aContainerWithoutAProcessIsInNoNamespace(@TempDir Path folder) {
    assertThat(
            rows(
                folder,
                container("gone", RunState.RUNNING, NOBODY),
                container("ended", RunState.EXITED, 1)))
        .isEmpty();
  }

  @Test
  void aNamedNetworkThatIsNotMountedIsNotListed(@TempDir Path folder) throws Exception {
    StateLayout layout = new StateLayout(folder.resolve("run"), folder.resolve("home"));
    String name = layout.namedNetworkNamespace("demo", "wire");
    new NetworkRecord(
            List.of(new NetworkRecord.Entry(Kind.NAMESPACE, name, "wire", "f", java.util.Map.of())))
        .write(layout, "demo");
    assertThat(rows(folder)).isEmpty();
  }
}
