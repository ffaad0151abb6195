package jstack.engine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Inputs;
import jstack.linux.CgroupLayout;
import jstack.linux.Namespace;
import jstack.manifest.Condition;
import jstack.manifest.Dependency;
import jstack.manifest.HostPath;
import jstack.manifest.Manifest;
import jstack.manifest.RootfsMode;
import jstack.manifest.RootfsSpec;
import jstack.manifest.Service;
import jstack.manifest.Sharing;
import jstack.plan.Desired;
import jstack.program.Compiler;
import jstack.program.Program;
import jstack.program.Target;
import jstack.rootfs.PreparedRootfs;
import jstack.state.ContainerId;
import jstack.state.FilterCache;
import jstack.state.StateLayout;

/** Compiles the services of a manifest to what this machine shall run. */
public final class DesiredState {
  /** Of a container that has the tree of another, or of the machine. */
  private static final PreparedRootfs NO_TREE = new PreparedRootfs(new HostPath("/"), "none");

  private final StateLayout layout;
  private final CgroupLayout cgroups;
  private final Manifest manifest;
  private final Neighbourhood neighbourhood;
  private final ThisHost host;

  /**
   * @param claims whether what a container needs for good, such as user ids, is taken for it, or
   *     only looked at
   * @param inputs is told of what was asked of the machine
   */
  public DesiredState(
      StateLayout layout, CgroupLayout cgroups, Manifest manifest, boolean claims, Inputs inputs) {
    this.layout = layout;
    this.cgroups = cgroups;
    this.manifest = manifest;
    this.neighbourhood = new Neighbourhood(layout, manifest, claims, inputs);
    this.host = new ThisHost(new FilterCache(layout), inputs);
  }

  /**
   * One program for each container that is wanted.
   *
   * @param rootfs for each service the directory that its specification led to
   * @throws DiagnosticException with every problem of every service
   */
  public Desired compile(Map<String, PreparedRootfs> rootfs) {
    return compile(rootfs, (id, program) -> {});
  }

  /**
   * The same.
   *
   * @param compiled is told of each program as soon as it is there
   */
  public Desired compile(
      Map<String, PreparedRootfs> rootfs, BiConsumer<ContainerId, Program> compiled) {
    Map<ContainerId, Program> programs = new LinkedHashMap<>();
    List<Diagnostic> problems = new ArrayList<>();
    jstack.diag.Failure failure = jstack.diag.Failure.OPERATION;
    for (Service service : all(manifest)) {
      PreparedRootfs prepared =
          service.rootfs() instanceof RootfsSpec.Shared ? NO_TREE : rootfs.get(service.name());
      if (prepared == null) {
        continue;
      }
      try {
        for (int i = 1; i <= service.role().scale(); i++) {
          ContainerId id = ContainerId.of(manifest.name(), service.name(), i);
          Program program = compile(service, id, prepared);
          programs.put(id, program);
          compiled.accept(id, program);
        }
      } catch (DiagnosticException e) {
        problems.addAll(e.diagnostics());
        failure = e.failure();
      }
    }
    if (!problems.isEmpty()) {
      throw new DiagnosticException(failure, problems);
    }
    return new Desired(
        manifest.name(),
        programs,
        needs(manifest),
        shares(manifest),
        Desired.Connections.SAME,
        runs(manifest));
  }

  /** The holders of named namespaces, then the services. */
  static List<Service> all(Manifest manifest) {
    List<Service> all = new ArrayList<>(Sharing.holders(manifest));
    all.addAll(manifest.services().values());
    return all;
  }

  /** Sees to it that what a container finds outside of its room is there. */
  public void provide(Service service, ContainerId id) {
    neighbourhood.of(service, id);
  }

  /** The program of one container. */
  public Program compile(Service service, ContainerId id, PreparedRootfs rootfs) {
    Path layer = layout.layer(id, neighbourhood.layer(service, id, rootfs.digest()));
    Target target =
        new Target(
            id.project(),
            id.name(),
            HostPath.of(layout.container(id)),
            HostPath.of(layout.control(id)),
            rootfs.directory(),
            HostPath.of(StateLayout.upper(layer)),
            HostPath.of(StateLayout.work(layer)),
            HostPath.of(layout.root(id)),
            cgroups,
            layout.cgroup(),
            manifest.stack(),
            host,
            neighbourhood.of(service, id));
    return Compiler.compile(service, target);
  }

  /** A program whose limits are the service's, to be compared; it is not to be run. */
  public Program limits(Service service, ContainerId id) {
    return compile(service, id, NO_TREE);
  }

  /**
   * Which of the containers keep what they write, and where it lies.
   *
   * @param text of the manifest
   */
  public LayerPlan layers(
      Map<String, PreparedRootfs> rootfs, Set<ContainerId> containers, String text) {
    Map<ContainerId, LayerPlan.Layer> layers = new LinkedHashMap<>();
    Map<ContainerId, Provenance> provenance = new LinkedHashMap<>();
    TextDigest digest = new TextDigest(text);
    for (ContainerId id : containers) {
      Service service = manifest.services().get(id.service());
      PreparedRootfs prepared = rootfs.get(id.service());
      if (service != null && prepared != null && keepsLayer(service.rootfs())) {
        layers.put(id, layer(service, id, prepared));
      }
      provenance.put(id, new Provenance(prepared == null ? "" : prepared.digest(), digest));
    }
    return new LayerPlan(layers, provenance);
  }

  static boolean keepsLayer(RootfsSpec rootfs) {
    return rootfs.mode() == RootfsMode.OVERLAY;
  }

  LayerPlan.Layer layer(Service service, ContainerId id, PreparedRootfs rootfs) {
    Path directory = rootfs.directory().toPath();
    return new LayerPlan.Layer(neighbourhood.layer(service, id, rootfs.digest()), directory);
  }

  /** For each service the ones that have to be started first. */
  public static Map<String, List<String>> needs(Manifest manifest) {
    Map<String, List<String>> needs = new LinkedHashMap<>();
    for (Service service : all(manifest)) {
      Set<String> others = new LinkedHashSet<>();
      for (Dependency dependency : service.dependsOn()) {
        others.add(dependency.service());
      }
      others.addAll(Sharing.needs(service));
      needs.put(service.name(), List.copyOf(others));
    }
    return needs;
  }

  static Map<String, Map<String, List<Namespace>>> shares(Manifest manifest) {
    Map<String, Map<String, List<Namespace>>> shares = new LinkedHashMap<>();
    for (Service service : all(manifest)) {
      Map<String, List<Namespace>> owners = new LinkedHashMap<>(Sharing.owners(service));
      for (Dependency dependency : service.dependsOn()) {
        if (dependency.restart()) {
          owners.putIfAbsent(dependency.service(), List.of());
        }
      }
      shares.put(service.name(), owners);
    }
    return shares;
  }

  /** The jobs, and the services whose end is waited for. */
  public static Set<String> once(Manifest manifest) {
    Set<String> once = new LinkedHashSet<>();
    for (Service service : manifest.services().values()) {
      if (service.role().isJob()) {
        once.add(service.name());
      }
      for (Dependency dependency : service.dependsOn()) {
        if (dependency.condition() == Condition.COMPLETED) {
          once.add(dependency.service());
        }
      }
    }
    return once;
  }

  private static Map<String, Desired.Runs> runs(Manifest manifest) {
    Map<String, Desired.Runs> runs = new LinkedHashMap<>();
    Set<String> once = once(manifest);
    for (Service service : manifest.services().values()) {
      int count = service.role().scale();
      if (count != 1 || once.contains(service.name())) {
        runs.put(service.name(), new Desired.Runs(count, once.contains(service.name())));
      }
    }
    return runs;
  }
}
