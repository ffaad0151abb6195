package jstack.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Inputs;
import jstack.linux.Namespace;
import jstack.linux.SmallFile;
import jstack.manifest.Attachment;
import jstack.manifest.Dns;
import jstack.manifest.Manifest;
import jstack.manifest.NamedNamespace;
import jstack.manifest.NetworkSpec;
import jstack.manifest.Networking;
import jstack.manifest.PublishedPort;
import jstack.manifest.Service;
import jstack.program.Change;
import jstack.program.ChangeClass;
import jstack.program.NetworkCompiler;
import jstack.program.NetworkProgram;
import jstack.program.NetworkTarget;
import jstack.state.ContainerId;
import jstack.state.NetworkRecord;
import jstack.state.ObservedContainer;
import jstack.state.Observer;
import jstack.state.StateLayout;

/** What a manifest wants its containers to be connected by, and the way to make it so. */
public final class StackNetwork {
  private final StateLayout layout;
  private final Manifest manifest;
  private final Observer observer;
  private final NetworkRunner runner;
  private final Inputs inputs;

  public StackNetwork(StateLayout layout, Manifest manifest, Observer observer) {
    this(layout, manifest, observer, new Inputs());
  }

  /**
   * @param inputs is told of what was looked at
   */
  public StackNetwork(StateLayout layout, Manifest manifest, Observer observer, Inputs inputs) {
    this.inputs = inputs;
    this.observer = observer;
    this.layout = layout;
    this.manifest = manifest;
    this.runner = new NetworkRunner(layout, manifest.name(), inputs);
  }

  /**
   * The networks of some containers; nothing is made.
   *
   * @throws DiagnosticException when a subnet is taken, or full
   */
  public NetworkProgram compile(Set<ContainerId> containers) {
    List<NetworkTarget.Member> members = members(containers);
    Map<String, NetworkSpec> networks = networks(members);
    if (members.isEmpty()) {
      return NetworkProgram.EMPTY;
    }
    NetworkRecord record = runner.record();
    Map<String, NetworkTarget.Subnets> subnets = Map.of();
    if (!networks.isEmpty()) {
      SubnetChooser chooser = new SubnetChooser(layout, manifest.name(), record);
      inputs.note(Inputs.Kind.SUBNETS, manifest.name(), chooser.areOwnFree());
      subnets = chooser.choose(networks);
    }
    NetworkTarget target =
        new NetworkTarget(
            layout.cgroup(),
            manifest.name(),
            layout.ruleTable(manifest.name()),
            subnets,
            record.addresses());
    return NetworkCompiler.compile(target, networks, members);
  }

  private List<NetworkTarget.Member> members(Set<ContainerId> containers) {
    List<NetworkTarget.Member> members = new ArrayList<>();
    for (NamedNamespace named : manifest.namespaces().values()) {
      if (named.type() == Namespace.NETWORK) {
        String netns = layout.namedNetworkNamespace(manifest.name(), named.name());
        members.add(
            new NetworkTarget.Member(named.name(), "", named.name(), netns, Networking.NONE));
      }
    }
    for (Service service : manifest.services().values()) {
      if (service.networking().attachments().isEmpty()) {
        continue;
      }
      for (ContainerId id : containers) {
        if (id.service().equals(service.name())) {
          members.add(member(service, id));
        }
      }
    }
    return members;
  }

  private NetworkTarget.Member member(Service service, ContainerId id) {
    String netns = layout.networkNamespace(id);
    return id.isOneOff()
        ? new NetworkTarget.Member(
            id.name(), "", service.hostname(), netns, oneOff(service.networking()))
        : new NetworkTarget.Member(
            id.name(), service.name(), service.hostname(), netns, service.networking());
  }

  /** A container beside that of its service has neither its addresses nor its ports. */
  private static Networking oneOff(Networking networking) {
    List<Attachment> attachments = new ArrayList<>();
    for (Attachment each : networking.attachments()) {
      attachments.add(new Attachment(each.network(), null, null, List.of(), null, each.origin()));
    }
    return new Networking(
        attachments, List.of(), networking.egress(), networking.extraHosts(), networking.dns());
  }

  /** Those that somebody is on. */
  private Map<String, NetworkSpec> networks(List<NetworkTarget.Member> members) {
    Map<String, NetworkSpec> networks = new LinkedHashMap<>();
    for (NetworkSpec network : manifest.networks().values()) {
      for (NetworkTarget.Member member : members) {
        for (Attachment attachment : member.networking().attachments()) {
          if (attachment.network().equals(network.name())) {
            networks.put(network.name(), network);
          }
        }
      }
    }
    return networks;
  }

  /**
   * Asks for every port whether it is free.
   *
   * @throws DiagnosticException when a port of one of the containers is taken by somebody else
   */
  public void checkPorts(Set<ContainerId> containers) {
    List<PublishedPort> ports = new ArrayList<>();
    for (ContainerId id : containers) {
      Service service = manifest.services().get(id.service());
      if (service != null && !id.isOneOff()) {
        ports.addAll(service.networking().ports());
      }
    }
    if (!ports.isEmpty()) {
      new PortCheck(layout, manifest.name(), runner.record()).check(ports);
    }
  }

  /** What is different from what was made last. */
  public NetworkChanges changes(NetworkProgram wanted) {
    return new NetworkChanges(wanted, runner.record());
  }

  /**
   * Holds that containers which run and are not acted on can stay as they are.
   *
   * @param running which of those do
   * @throws DiagnosticException at the line of what is different
   */
  public void requireUnchanged(NetworkProgram wanted, Set<ContainerId> running) {
    Map<String, List<Change>> changes = changes(wanted).byContainer();
    List<Diagnostic> problems = new ArrayList<>();
    for (ContainerId id : running) {
      for (Change change : changes.getOrDefault(id.name(), List.of())) {
        problems.add(
            Diagnostic.error(
                    change.origin(),
                    "network-changed",
                    id.name() + " runs in a network namespace that is not as it should be")
                .withDetails(List.of(change.toString()))
                .withHint("jstack up " + id.service() + " makes it anew with the change"));
      }
    }
    if (!problems.isEmpty()) {
      throw new DiagnosticException(Failure.OPERATION, problems);
    }
  }

  /** Whether the machine has all of it already. */
  public boolean isMade(NetworkProgram wanted, Set<ContainerId> containers) {
    return runner.isMade(wanted, strangers(containers));
  }

  private Set<String> strangers(Set<ContainerId> containers) {
    Set<String> strangers = new LinkedHashSet<>();
    for (ContainerId id : containers) {
      if (!manifest.services().containsKey(id.service())) {
        strangers.add(id.name());
      }
    }
    return strangers;
  }

  /** Makes it, and what was there for others of this stack goes. */
  public void apply(Set<ContainerId> containers) {
    NetworkRunner.alone(
        () -> {
          Set<ContainerId> all = new LinkedHashSet<>(containers);
          all.addAll(present()); // a run may have come since
          NetworkProgram wanted = compile(all);
          runner.apply(wanted, strangers(all));
          writeFiles(all, wanted);
          return wanted;
        });
  }

  /** Those who are there, but for what killed runs left. */
  private Set<ContainerId> present() {
    Set<ContainerId> present = new LinkedHashSet<>();
    for (ObservedContainer container : observer.observe(manifest.name()).containers()) {
      if (!container.id().isOneOff() || !container.state().isOver()) {
        present.add(container.id());
      }
    }
    return present;
  }

  /** Makes again what is missing of what was made last; the manifest's changes wait for an up. */
  public void mend() {
    NetworkRunner.alone(
        () -> {
          Set<ContainerId> all = present();
          NetworkProgram wanted = compile(all);
          if (runner.isWhatWasMade(wanted, strangers(all))) {
            runner.apply(wanted, strangers(all));
          }
          return wanted;
        });
  }

  /** The namespace of one container that is over. */
  public void drop(ContainerId id) {
    NetworkRunner.alone(
        () -> {
          runner.drop(List.of(id.name()));
          return id;
        });
  }

  /**
   * /etc/hosts and /etc/resolv.conf of each container, in the files that it has mounted: they are
   * written over, never replaced, so that those inside see the new text.
   */
  public void writeFiles(Set<ContainerId> containers, NetworkProgram program) {
    for (ContainerId id : containers) {
      files(id, program).forEach(NameFiles::write);
    }
  }

  /** The files of a container that has names of its own, and what shall stand in them. */
  private Map<Path, String> files(ContainerId id, NetworkProgram program) {
    Service service = manifest.services().get(id.service());
    boolean host = service != null && service.namespaces().isHost(Namespace.NETWORK);
    if (service == null || (!host && service.networking().attachments().isEmpty())) {
      return Map.of();
    }
    Map<Path, String> files = new LinkedHashMap<>();
    files.put(
        layout.hosts(id),
        host
            ? NameFiles.hostsOfTheHost(service.hostname())
            : program.hosts().getOrDefault(id.name(), ""));
    Dns dns = service.networking().dns();
    files.put(layout.resolvConf(id), NameFiles.resolvConf(dns, host));
    return files;
  }

  /** What those who are there already find by name from now on. */
  public List<Change> nameChanges(NetworkProgram wanted, Set<ContainerId> containers) {
    List<Change> changes = new ArrayList<>();
    for (Path file : NameFiles.SOURCES) {
      inputs.text(file.toString(), SmallFile.bytes(file));
    }
    for (ContainerId id : containers) {
      Service service = manifest.services().get(id.service());
      files(id, wanted)
          .forEach(
              (file, text) -> {
                String before = read(file);
                inputs.text(file.toString(), before.getBytes(StandardCharsets.UTF_8));
                if (service != null && !before.isEmpty() && !before.equals(text)) {
                  String key = id.name() + " /etc/" + file.getFileName();
                  changes.add(
                      new Change(
                          service.at("networks"),
                          key,
                          without(before, text),
                          without(text, before),
                          ChangeClass.LIVE));
                }
              });
    }
    return changes;
  }

  /** The lines that the other text does not have. */
  private static String without(String text, String other) {
    List<String> lines = new ArrayList<>(text.lines().toList());
    lines.removeAll(other.lines().toList());
    return String.join(", ", lines).replace('\t', ' ');
  }

  static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }
}
