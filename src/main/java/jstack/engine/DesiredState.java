package jstack.engine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.linux.CgroupLayout;
import jstack.manifest.Dependency;
import jstack.manifest.HostPath;
import jstack.manifest.Manifest;
import jstack.manifest.RootfsMode;
import jstack.manifest.RootfsSpec;
import jstack.manifest.Service;
import jstack.plan.Desired;
import jstack.program.Compiler;
import jstack.program.Program;
import jstack.program.Target;
import jstack.rootfs.PreparedRootfs;
import jstack.state.ContainerId;
import jstack.state.StateLayout;

/** Compiles the services of a manifest to what this machine shall run. */
public final class DesiredState {
  private final StateLayout layout;
  private final CgroupLayout cgroups;

  public DesiredState(StateLayout layout, CgroupLayout cgroups) {
    this.layout = layout;
    this.cgroups = cgroups;
  }

  /**
   * One program for each container that is wanted.
   *
   * @param rootfs for each service the directory that its specification led to
   * @throws DiagnosticException with every problem of every service
   */
  public Desired compile(Manifest manifest, Map<String, PreparedRootfs> rootfs) {
    Map<ContainerId, Program> programs = new LinkedHashMap<>();
    List<Diagnostic> problems = new ArrayList<>();
    jstack.diag.Failure failure = jstack.diag.Failure.OPERATION;
    for (Service service : manifest.services().values()) {
      PreparedRootfs prepared = rootfs.get(service.name());
      if (prepared == null) {
        continue;
      }
      ContainerId id = ContainerId.of(manifest.name(), service.name(), 1);
      try {
        programs.put(id, compile(service, id, prepared));
      } catch (DiagnosticException e) {
        problems.addAll(e.diagnostics());
        failure = e.failure();
      }
    }
    if (!problems.isEmpty()) {
      throw new DiagnosticException(failure, problems);
    }
    return new Desired(manifest.name(), programs, needs(manifest));
  }

  /** The program of one container. */
  public Program compile(Service service, ContainerId id, PreparedRootfs rootfs) {
    Target target =
        new Target(
            id.project(),
            id.name(),
            HostPath.of(layout.container(id)),
            HostPath.of(layout.control(id)),
            rootfs.directory(),
            HostPath.of(layout.upper(id, rootfs.digest())),
            HostPath.of(layout.work(id, rootfs.digest())),
            HostPath.of(layout.root(id)),
            cgroups,
            layout.cgroup(),
            path -> java.nio.file.Files.isDirectory(path.toPath()));
    return Compiler.compile(service, target);
  }

  /** Which of the containers keep what they write, and where it lies. */
  public LayerPlan layers(
      Manifest manifest, Map<String, PreparedRootfs> rootfs, Set<ContainerId> containers) {
    Map<ContainerId, LayerPlan.Layer> layers = new LinkedHashMap<>();
    for (ContainerId id : containers) {
      Service service = manifest.services().get(id.service());
      PreparedRootfs prepared = rootfs.get(id.service());
      if (service != null && prepared != null && keepsLayer(service.rootfs())) {
        layers.put(id, layer(prepared));
      }
    }
    return new LayerPlan(layers);
  }

  static boolean keepsLayer(RootfsSpec rootfs) {
    return rootfs.mode() == RootfsMode.OVERLAY;
  }

  static LayerPlan.Layer layer(PreparedRootfs rootfs) {
    Path directory = rootfs.directory().toPath();
    return new LayerPlan.Layer(rootfs.digest(), directory);
  }

  /** For each service the ones that have to be started first. */
  public static Map<String, List<String>> needs(Manifest manifest) {
    Map<String, List<String>> needs = new LinkedHashMap<>();
    manifest
        .services()
        .forEach(
            (name, service) ->
                needs.put(name, service.dependsOn().stream().map(Dependency::service).toList()));
    return needs;
  }
}
