package jstack.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import jstack.diag.DiagnosticException;
import jstack.linux.CgroupLayout;
import jstack.linux.FreeSpace;
import jstack.linux.SmallFile;
import jstack.manifest.HostPath;
import jstack.program.ProgramCodec;
import jstack.program.SalvageCompiler;
import jstack.state.AtomicFile;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.StateLayout;

/** Makes torn records good enough to go on with; what was torn is kept beside them. */
public final class Salvager {
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final StateLayout layout;

  public Salvager(StateLayout layout) {
    this.layout = layout;
  }

  /**
   * Lets supervisors write down again what their torn status said.
   *
   * @return whether any of them did
   */
  public boolean askAgain(List<ObservedContainer> containers) {
    boolean any = false;
    for (ObservedContainer container : containers) {
      if (container.status().isEmpty() && Files.exists(layout.control(container.id()))) {
        any |= answers(container.id());
      }
    }
    return any;
  }

  private boolean answers(ContainerId id) {
    try (ShimClient client = ShimClient.send(layout.control(id), "ping")) {
      return client.await(PATIENCE).filter("running"::equals).isPresent();
    } catch (IOException e) {
      return false; // It died, and left its socket.
    }
  }

  /** Sees to it that a container can be cleared away. */
  void mend(ObservedContainer container, SupervisorUnit unit) {
    if (container.program().isPresent()) {
      return;
    }
    ContainerId id = container.id();
    Path program = layout.program(id);
    CgroupLayout cgroups = unit.place(CgroupLayout.parse(SmallFile.text("/proc/self/mountinfo")));
    try {
      if (Files.exists(program)) {
        Files.move(program, layout.torn(id), StandardCopyOption.REPLACE_EXISTING);
      }
      AtomicFile.write(
          program,
          ProgramCodec.encode(
              SalvageCompiler.compile(
                  cgroups,
                  layout.cgroup(),
                  id.project(),
                  id.name(),
                  HostPath.of(layout.control(id)))));
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "state-directory",
          "cannot write " + program + ": " + e.getMessage(),
          FreeSpace.hint(program, e, "check the free space and the owner of that directory"));
    }
  }
}
