package jstack.engine;

import java.nio.file.Path;
import java.security.SecureRandom;
import jstack.diag.DiagnosticException;
import jstack.manifest.HostPath;
import jstack.program.CopyCompiler;
import jstack.program.ExecRequest;
import jstack.program.Program;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.ProcessTable;
import jstack.state.StateLayout;

/**
 * A place in which a stopped container's files can be read and written with its own rights. It is a
 * run of its own for that time, so that whatever a killed one leaves goes with the next up.
 */
public final class StoppedRoom {
  private final StateLayout layout;
  private final Path shim;
  private final ProcessTable processes;

  public StoppedRoom(StateLayout layout, Path shim, ProcessTable processes) {
    this.layout = layout;
    this.shim = shim;
    this.processes = processes;
  }

  /**
   * Runs a command there and talks with it.
   *
   * @param container which nobody starts meanwhile: two overlays cannot write to one layer
   */
  public Foreground.Talk talk(
      ObservedContainer container, ExecRequest request, Foreground.Exchange exchange) {
    ContainerId id = container.id();
    Program stopped = container.requireProgram();
    CopyCompiler.refusal(stopped)
        .ifPresent(
            why -> {
              throw DiagnosticException.operation(
                  "not-running",
                  id.name() + " does not run, and " + why,
                  "jstack start " + id.service() + " starts it");
            });
    ContainerId own = ContainerId.oneOff(id.project(), id.service(), new SecureRandom().nextInt());
    Program program = CopyCompiler.compile(stopped, request, HostPath.of(layout.control(own)));
    RunDirectory directories = RunDirectory.unseen(layout);
    Provenance nothing = new Provenance("", new TextDigest(""));
    directories.prepareOneOff(own, program, nothing, processes.claim());
    try {
      return new Foreground(layout, shim).talkAlone(own, program, exchange);
    } finally {
      directories.remove(own);
    }
  }
}
