package jstack.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.manifest.HostPath;
import jstack.program.Program;
import jstack.program.ProgramCodec;
import jstack.program.RestoreCompiler;
import jstack.state.AtomicFile;
import jstack.state.Checkpoint;
import jstack.state.CheckpointImages;
import jstack.state.CheckpointStore;
import jstack.state.ContainerId;
import jstack.state.FailureRecord;
import jstack.state.ObservedContainer;
import jstack.state.Observer;
import jstack.state.StateLayout;
import org.jspecify.annotations.Nullable;

/**
 * Brings containers back from their checkpoints, each with a supervisor as at a start. A checkpoint
 * that was brought back is used up: the container writes on, and its files no longer fit the
 * images.
 */
public final class Restorer {
  private final StateLayout layout;
  private final CheckpointStore store;
  private final Observer observer;
  private final Executor executor;
  private final Criu criu;

  /**
   * @param environment to look for criu with
   * @throws DiagnosticException that there is none
   */
  public Restorer(
      StateLayout layout, Observer observer, Executor executor, Map<String, String> environment) {
    this.layout = layout;
    this.store = new CheckpointStore(layout);
    this.observer = observer;
    this.executor = executor;
    this.criu = Criu.find(environment);
  }

  /** Whether a container can come back as it was: it does not run, and would still be made so. */
  public static void require(Checkpoint checkpoint, @Nullable ObservedContainer container) {
    String name = checkpoint.id().name();
    if (container == null) {
      return;
    }
    if (container.state().isAlive()) {
      throw DiagnosticException.operation(
          "cannot-restore",
          name + " runs: its checkpoint would be a second one of it",
          "jstack stop " + name + " ends this one");
    }
    if (container.status().filter(status -> !checkpoint.isOf(status)).isPresent()
        && container.runs(checkpoint.program())) {
      throw DiagnosticException.operation(
          "cannot-restore",
          name + " ran since its checkpoint, so its files no longer fit",
          "jstack start " + name + " starts it afresh; jstack down -v takes the checkpoint away");
    }
    if (!container.runs(checkpoint.program())) {
      throw DiagnosticException.operation(
          "cannot-restore",
          name + " has become another one since its checkpoint",
          "jstack start " + name + " starts it afresh; jstack down -v takes the checkpoint away");
    }
  }

  /** Brings them back side by side. Of one that fails nothing is left but its checkpoint. */
  public void restore(List<Checkpoint> checkpoints, EngineEvents events) {
    List<Diagnostic> failures = new ArrayList<>();
    Failure kind = Failure.OPERATION;
    RunDirectory directories = new RunDirectory(layout);
    try (ShimLauncher launcher = executor.launcher()) {
      executor.settle(launcher, checkpoints.get(0).id().project());
      Map<Path, Checkpoint> asked = new HashMap<>();
      Map<ContainerId, Program> programs = new HashMap<>();
      for (Checkpoint checkpoint : checkpoints) {
        ContainerId id = checkpoint.id();
        new CheckpointImages(checkpoint.directory()).adapt(checkpoint.outside());
        directories.prepare(id, checkpoint.program(), null);
        Program program = program(checkpoint);
        programs.put(id, program);
        AtomicFile.write(layout.restoreProgram(id), ProgramCodec.encode(program));
        asked.put(layout.container(id), checkpoint);
        launcher.restore(layout.container(id));
      }
      for (int i = 0; i < checkpoints.size(); i++) {
        ShimLauncher.Answer answer = launcher.await();
        Checkpoint checkpoint = java.util.Objects.requireNonNull(asked.get(answer.runDirectory()));
        ContainerId id = checkpoint.id();
        if (answer.started()) {
          store.remove(id);
          events.started(id, answer.pid());
        } else {
          Program program = java.util.Objects.requireNonNull(programs.get(id));
          DiagnosticException why = why(checkpoint, program);
          kind = why.failure();
          failures.addAll(why.diagnostics());
        }
      }
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "cannot-restore",
          "cannot restore: " + e.getMessage(),
          "the checkpoint is kept; check the free space of JSTACK_HOME and JSTACK_RUN");
    }
    if (!failures.isEmpty()) {
      throw new DiagnosticException(kind, failures);
    }
  }

  private Program program(Checkpoint checkpoint) {
    return RestoreCompiler.restore(
        checkpoint.program(),
        checkpoint.outside(),
        new HostPath(criu.file().toString()),
        new HostPath(checkpoint.directory().toString()),
        new HostPath(layout.container(checkpoint.id()).toString()));
  }

  private DiagnosticException why(Checkpoint checkpoint, Program program) {
    FailureRecord record =
        observer
            .failure(checkpoint.id())
            .orElse(new FailureRecord(-1, 0, "no reason was recorded"));
    Diagnostic what = ShimReport.diagnostic(checkpoint.id(), program, record);
    Path log = checkpoint.directory().resolve("restore.log");
    return criu.failed(
        what.hint().isEmpty()
            ? what.withHint("the checkpoint is kept; all that criu says is in " + log)
            : what,
        log);
  }

  /** The checkpoint of a container, or an error that there is none. */
  public static Checkpoint find(CheckpointStore store, ContainerId id) {
    return store
        .find(id)
        .orElseThrow(
            () ->
                new DiagnosticException(
                    Failure.OPERATION,
                    Diagnostic.error(Origin.NONE, "no-checkpoint", id.name() + " has no checkpoint")
                        .withHint("jstack checkpoint " + id.name() + " makes one while it runs")));
  }
}
