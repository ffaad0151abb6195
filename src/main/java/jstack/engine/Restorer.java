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
import jstack.state.Observed;
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
  private static final String AFRESH =
      "jstack start %s starts it afresh; jstack down -v takes the checkpoint away";

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

  /**
   * The checkpoint of a container that can come back as it was: it does not run, and would still be
   * made so.
   *
   * @param container null when there is no trace of it
   * @throws DiagnosticException that it has none, or none to go on from
   */
  public Checkpoint require(ContainerId id, @Nullable ObservedContainer container) {
    String name = id.name();
    if (container != null && container.state().isAlive() && !store.of(id.project()).isEmpty()) {
      throw DiagnosticException.operation(
          "cannot-restore",
          name + " runs: its checkpoint would be a second one of it",
          "jstack stop " + name + " ends this one");
    }
    Checkpoint checkpoint = find(id);
    if (container == null) {
      return checkpoint;
    }
    if (!container.runs(checkpoint.program())) {
      throw DiagnosticException.operation(
          "cannot-restore",
          name + " has become another one since its checkpoint",
          AFRESH.formatted(name));
    }
    if (store.lastOf(container).isEmpty()) {
      throw outrun(name);
    }
    return checkpoint;
  }

  private static DiagnosticException outrun(String name) {
    return DiagnosticException.operation(
        "cannot-restore",
        name + " ran since its checkpoint, so its files no longer fit",
        AFRESH.formatted(name));
  }

  /**
   * Brings them back side by side. Of one that fails nothing is left but its checkpoint.
   *
   * @param network makes what those need that were taken down meanwhile
   */
  public void restore(List<Checkpoint> checkpoints, Connector network, EngineEvents events) {
    List<Diagnostic> failures = new ArrayList<>();
    List<ContainerId> failed = new ArrayList<>();
    Failure kind = Failure.OPERATION;
    RunDirectory directories = new RunDirectory(layout);
    checkpoints.forEach(each -> executor.requirePlace(each.id(), each.program()));
    try (ShimLauncher launcher = executor.launcher().within(Criu.MOST)) {
      String project = checkpoints.get(0).id().project();
      executor.settle(launcher, project);
      Observed before = observer.observe(project);
      executor.clearAway(ended(before, checkpoints), launcher);
      network.connect();
      Map<Path, Checkpoint> asked = new HashMap<>();
      Map<ContainerId, Program> programs = new HashMap<>();
      for (Checkpoint checkpoint : checkpoints) {
        ContainerId id = checkpoint.id();
        new CheckpointFiles(layout).giveBack(checkpoint);
        List<Diagnostic> missing = CheckpointFiles.missing(checkpoint);
        if (!missing.isEmpty()) {
          failures.addAll(missing);
          failed.add(id);
          continue;
        }
        new CheckpointImages(checkpoint.directory()).adapt(checkpoint.outside());
        directories.prepare(id, checkpoint.program(), null);
        Program program = program(checkpoint);
        programs.put(id, program);
        AtomicFile.write(layout.restoreProgram(id), ProgramCodec.encode(program));
        asked.put(layout.container(id), checkpoint);
        launcher.restore(layout.container(id));
      }
      for (int i = 0; i < asked.size(); i++) {
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
          failed.add(id);
        }
      }
      failed.removeIf(id -> before.find(id).isPresent());
      takeBack(failed, directories, network);
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

  /** Those of whom there was nothing before. */
  private static void takeBack(
      List<ContainerId> failed, RunDirectory directories, Connector network) {
    if (failed.isEmpty()) {
      return;
    }
    failed.forEach(directories::remove); // none is fine
    network.disconnect(failed);
    directories.removeProjectIfEmpty(failed.get(0).project());
  }

  /** What is known of them from before, be it a restore that was cut off. */
  private static List<ObservedContainer> ended(Observed observed, List<Checkpoint> checkpoints) {
    List<ObservedContainer> ended = new ArrayList<>();
    checkpoints.forEach(each -> observed.find(each.id()).ifPresent(ended::add));
    return ended;
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

  private Checkpoint find(ContainerId id) {
    return store
        .find(id)
        .orElseThrow(
            () ->
                store.isOutrun(id)
                    ? outrun(id.name())
                    : DiagnosticException.operation(
                        "no-checkpoint",
                        id.name() + " has no checkpoint",
                        "jstack checkpoint " + id.name() + " makes one while it runs"));
  }
}
