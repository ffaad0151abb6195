package jstack.engine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import jstack.diag.Inputs;
import jstack.linux.CgroupLayout;
import jstack.linux.IpPrefix;
import jstack.manifest.HostPath;
import jstack.manifest.Manifest;
import jstack.manifest.NetworkSpec;
import jstack.manifest.RootfsSpec;
import jstack.manifest.Service;
import jstack.manifest.load.LoadRequest;
import jstack.manifest.load.ManifestLoader;
import jstack.plan.Desired;
import jstack.plan.Plan;
import jstack.plan.PlanOptions;
import jstack.plan.Planner;
import jstack.program.Change;
import jstack.program.ChangeClass;
import jstack.program.Compiler;
import jstack.program.HostView;
import jstack.program.NetworkCompiler;
import jstack.program.NetworkProgram;
import jstack.program.NetworkTarget;
import jstack.program.Program;
import jstack.program.ProgramCodec;
import jstack.program.ServiceFixture;
import jstack.program.Target;
import jstack.rootfs.PreparedRootfs;
import jstack.state.ContainerId;
import jstack.state.NetworkRecord;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.RunState;
import jstack.state.StateLayout;
import org.jspecify.annotations.Nullable;

/** A manifest, and what it becomes on a machine of which nothing else is known. */
public final class StackFixture {
  private static final String OFFERED = "cpuset cpu io memory pids\n";

  private final Manifest manifest;
  private final Map<ContainerId, Program> programs = new LinkedHashMap<>();
  private final NetworkProgram network;

  /**
   * @param folder that has the manifest, called jstack.yaml
   * @param v1 whether the machine has cgroup v1
   */
  public StackFixture(Path folder, LoadRequest.Purpose purpose, boolean v1) {
    LoadRequest request =
        new LoadRequest(Path.of("jstack.yaml"), folder, null, List.of(), Map.of())
            .withPurpose(purpose);
    manifest = ManifestLoader.load(request).manifest();
    StateLayout layout = new StateLayout(Path.of("/nowhere/run"), Path.of("/nowhere/lib"));
    Neighbourhood neighbourhood = new Neighbourhood(layout, manifest, false, new Inputs());
    CgroupLayout cgroups =
        CgroupLayout.parse(v1 ? ServiceFixture.HYBRID : ServiceFixture.V2).offering(OFFERED);
    List<NetworkTarget.Member> members = new ArrayList<>();
    for (Service service : DesiredState.all(manifest)) {
      ContainerId id = ContainerId.of("demo", service.name(), 1);
      PreparedRootfs rootfs = rootfs(service.rootfs());
      Path layer = layout.layer(id, neighbourhood.layer(service, id, rootfs.digest()));
      Target target =
          new Target(
              "demo",
              id.name(),
              HostPath.of(layout.container(id)),
              HostPath.of(layout.control(id)),
              rootfs.directory(),
              HostPath.of(StateLayout.upper(layer)),
              HostPath.of(StateLayout.work(layer)),
              HostPath.of(layout.root(id)),
              cgroups,
              "jstack",
              manifest.stack(),
              new NoHost(),
              neighbourhood.of(service, id));
      programs.put(id, Compiler.compile(service, target));
      if (!service.networking().attachments().isEmpty()) {
        members.add(
            new NetworkTarget.Member(
                id.name(),
                service.name(),
                service.hostname(),
                "jstack-demo." + id.name(),
                service.networking()));
      }
    }
    network = network(members);
  }

  public Manifest manifest() {
    return manifest;
  }

  public Map<ContainerId, Program> programs() {
    return programs;
  }

  /** The containers of this stack, all in one state. */
  public List<ObservedContainer> world(RunState state) {
    List<ObservedContainer> world = new ArrayList<>();
    programs.forEach(
        (id, program) ->
            world.add(
                new ObservedContainer(
                    id, state, ProgramCodec.encode(program), Optional.empty(), 0)));
    return world;
  }

  /** What up would do where another stack is. */
  public Plan planAfter(StackFixture before, RunState state) {
    return Planner.plan(
        desired(before), new Observed("demo", before.world(state)), PlanOptions.DEFAULT);
  }

  private NetworkProgram network(List<NetworkTarget.Member> members) {
    Map<String, NetworkSpec> used = new LinkedHashMap<>();
    Map<String, NetworkTarget.Subnets> subnets = new LinkedHashMap<>();
    for (NetworkTarget.Member member : members) {
      member
          .networking()
          .attachments()
          .forEach(
              each -> {
                NetworkSpec spec = manifest.networks().get(each.network());
                used.put(each.network(), java.util.Objects.requireNonNull(spec));
              });
    }
    used.values().forEach(spec -> subnets.put(spec.name(), subnets(spec)));
    NetworkTarget target = new NetworkTarget("jstack", "demo", "jstack-demo", subnets, Map.of());
    return NetworkCompiler.compile(target, used, members);
  }

  private static NetworkTarget.Subnets subnets(NetworkSpec network) {
    IpPrefix v4 = network.subnet();
    IpPrefix v6 = network.subnet6();
    String third = network.name().equals("default") ? "0" : "1";
    return new NetworkTarget.Subnets(
        v4 == null ? IpPrefix.parse("10.201." + third + ".0/24").orElseThrow() : v4,
        v6 == null && network.ipv6()
            ? IpPrefix.parse("fd6a:7374:6163:" + third + "::/64").orElseThrow()
            : v6);
  }

  /** With what changes for the networks that another stack has made. */
  Desired desired(StackFixture before) {
    NetworkRecord record = NetworkRecord.of(before.network);
    NetworkChanges changes = new NetworkChanges(network, record);
    Map<String, List<Change>> byContainer = new LinkedHashMap<>(changes.byContainer());
    // None of the namespaces is on this machine; those that are as they were count as there.
    network
        .parts()
        .forEach(
            part ->
                record
                    .find(part.kind(), part.name())
                    .filter(entry -> entry.fingerprint().equals(part.fingerprint()))
                    .ifPresent(entry -> byContainer.remove(part.label())));
    byContainer.keySet().removeIf(name -> !before.programs.containsKey(id(name)));
    return new Desired(
        "demo",
        programs,
        DesiredState.needs(manifest),
        DesiredState.shares(manifest),
        new Desired.Connections(
            byContainer,
            changes.others(),
            names(before),
            record.equals(NetworkRecord.of(network))));
  }

  private static ContainerId id(String name) {
    return ContainerId.parse("demo", name).orElseThrow();
  }

  private List<Change> names(StackFixture before) {
    List<Change> changes = new ArrayList<>();
    Set<String> files = new LinkedHashSet<>();
    for (Service service : manifest.services().values()) {
      Service was = before.manifest.services().get(service.name());
      String hosts = network.hosts().getOrDefault(service.name() + "-1", "");
      if (!hosts.equals(before.network.hosts().getOrDefault(service.name() + "-1", ""))) {
        files.add(service.name() + " /etc/hosts");
      }
      if (was != null
          && !NameFiles.resolvConf(service.networking().dns(), false)
              .equals(NameFiles.resolvConf(was.networking().dns(), false))) {
        files.add(service.name() + " /etc/resolv.conf");
      }
    }
    for (String file : files) {
      changes.add(new Change(jstack.diag.Origin.NONE, file, "before", "after", ChangeClass.LIVE));
    }
    return changes;
  }

  /** Everything by which the store tells trees apart; the bytes of archives by their names. */
  private static PreparedRootfs rootfs(RootfsSpec spec) {
    String what;
    if (spec instanceof RootfsSpec.Url url) {
      what = (url.sha256() == null ? url.url() : url.sha256().hex()) + "~" + url.stripComponents();
    } else if (spec instanceof RootfsSpec.Local local) {
      what = local.path().toPath().getFileName() + "~" + local.stripComponents();
    } else if (spec instanceof RootfsSpec.Host host) {
      what = host.binaries() + "~" + host.files() + "~" + host.directories();
    } else {
      return new PreparedRootfs(new HostPath("/"), "none");
    }
    String digest = Integer.toHexString(what.hashCode());
    return new PreparedRootfs(
        new HostPath("/var/lib/jstack/rootfs/sha256/" + digest + "/root"), digest);
  }

  /** A machine of which nothing is known. */
  private record NoHost() implements HostView {
    @Override
    public HostPath real(HostPath path) {
      return path;
    }

    @Override
    public boolean isDirectory(HostPath path) {
      return true;
    }

    @Override
    public @Nullable String read(HostPath file) {
      return null;
    }
  }
}
