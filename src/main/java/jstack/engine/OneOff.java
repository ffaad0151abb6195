package jstack.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.manifest.Service;
import jstack.program.NetworkProgram;
import jstack.program.Program;
import jstack.rootfs.PreparedRootfs;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.Observer;
import jstack.state.ProcessTable;
import jstack.state.Receipt;
import jstack.state.Receipts;
import jstack.state.StateLayout;
import org.jspecify.annotations.Nullable;

/** A container that lives as long as one call of {@code jstack run}. */
public final class OneOff {
  private final StateLayout layout;
  private final Path shim;
  private final SupervisorUnit unit;
  private final DesiredState desired;
  private final StackNetwork network;
  private final Observer observer;
  private final ProcessTable processes;

  public OneOff(
      StateLayout layout,
      Path shim,
      SupervisorUnit unit,
      DesiredState desired,
      StackNetwork network,
      Observer observer,
      ProcessTable processes) {
    this.processes = processes;
    this.network = network;
    this.observer = observer;
    this.layout = layout;
    this.shim = shim;
    this.unit = unit;
    this.desired = desired;
  }

  /**
   * How it ended.
   *
   * @param code the command's exit code, or 128 and the signal
   * @param receipt null when its supervisor was killed
   * @param late whether it was stopped because its time was over
   */
  public record Ended(int code, @Nullable Receipt receipt, boolean late) {}

  /** What is left of a run. */
  public enum After {
    /** Nothing at all. */
    NOTHING,
    /** What it wrote, until {@code down -v}. */
    LAYER,
    /** A stopped container, until it is removed; nothing when it could not be started. */
    CONTAINER
  }

  /**
   * Runs it in the foreground and clears it away.
   *
   * @param manifest its text
   * @param after what is left of it when it has ended
   * @param timeout after which it is stopped; null without a limit
   * @param recorded is told when its rootfs stands in its record
   */
  public Ended run(
      ContainerId id,
      Service service,
      PreparedRootfs rootfs,
      String manifest,
      After after,
      @Nullable Duration timeout,
      Runnable recorded) {
    Program program = desired.compile(service, id, rootfs);
    // The limits of the stack are those of the last up, whatever the manifest says by now.
    program = company(id.project()).map(program::withStackLimitsOf).orElse(program);
    RunDirectory directories = new RunDirectory(layout);
    boolean stays = false;
    try {
      if (DesiredState.keepsLayer(service.rootfs())) {
        LayerPlan.Layer layer = desired.layer(service, id, rootfs);
        directories.prepareLayer(id, layer.rootfsDigest(), layer.rootfs());
      }
      directories.prepareOneOff(
          id,
          program,
          new Provenance(rootfs.digest(), new TextDigest(manifest)),
          processes.claim());
      recorded.run();
      if (!service.networking().attachments().isEmpty()) {
        Set<ContainerId> running = new LinkedHashSet<>();
        Set<ContainerId> all = new LinkedHashSet<>();
        for (ObservedContainer container : present(id.project())) {
          all.add(container.id());
          if (container.state().isAlive()) {
            running.add(container.id());
          }
        }
        all.add(id);
        network.requireUnchanged(network.compile(all), running);
        network.apply(all);
      } else {
        network.writeFiles(Set.of(id), NetworkProgram.EMPTY);
      }
      Foreground.End end = new Foreground(layout, shim).run(id, program, unit, timeout);
      stays = after == After.CONTAINER;
      List<Receipt> receipts = Receipts.of(layout, id);
      return new Ended(end.code(), receipts.isEmpty() ? null : receipts.get(0), end.late());
    } catch (DiagnosticException e) {
      if (e.failure() == Failure.TIMEOUT) {
        clean(id); // its helper did not
      }
      throw e;
    } finally {
      network.drop(id);
      if (stays) {
        directories.note(id, program.kept());
      } else {
        clear(id, directories, after);
      }
    }
  }

  private void clean(ContainerId id) {
    try (ShimLauncher launcher = new ShimLauncher(shim)) {
      launcher.clean(layout.container(id));
      launcher.await();
    }
  }

  private void clear(ContainerId id, RunDirectory directories, After after) {
    directories.remove(id);
    directories.removeProjectIfEmpty(id.project());
    if (after == After.NOTHING) {
      new Layers(layout).remove(id);
    } else {
      new Layers(layout).releaseUnlessKept(id);
    }
  }

  /** The program of somebody who runs already. */
  private Optional<Program> company(String project) {
    return observer.observe(project).containers().stream()
        .filter(container -> container.state().isAlive())
        .flatMap(container -> container.program().stream())
        .findFirst();
  }

  /** Everybody who is there already, but for what killed runs left. */
  private List<ObservedContainer> present(String project) {
    return observer.observe(project).containers().stream()
        .filter(container -> !container.id().isOneOff() || !container.state().isOver())
        .toList();
  }
}
