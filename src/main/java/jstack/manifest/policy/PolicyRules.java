package jstack.manifest.policy;

import static jstack.manifest.policy.Refusals.joined;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import jstack.diag.Origin;
import jstack.diag.Problems;
import jstack.diag.SourceTexts;
import jstack.linux.IpAddress;
import jstack.linux.IpPrefix;
import jstack.manifest.CgroupPath;
import jstack.manifest.Manifest;
import jstack.manifest.Mount;
import jstack.manifest.NetworkSpec;
import jstack.manifest.Opened;
import jstack.manifest.Opening;
import jstack.manifest.PortRange;
import jstack.manifest.PublishedPort;
import jstack.manifest.Seccomp;
import jstack.manifest.Service;
import jstack.manifest.StackLimits;
import jstack.manifest.files.HostFiles;
import org.jspecify.annotations.Nullable;

/** Holds a manifest against a policy: each error has the manifest's line and the policy's. */
public final class PolicyRules {
  private final Policy policy;
  private final Refusals refusals;
  private final LimitRules limits;
  private final FolderRules folders;
  private final SourceRules sources;

  public PolicyRules(Policy policy, HostFiles files, Problems problems, SourceTexts texts) {
    this.policy = policy;
    this.refusals = new Refusals(policy, problems, texts);
    this.limits = new LimitRules(policy, refusals);
    this.folders = new FolderRules(policy, refusals);
    this.sources = new SourceRules(policy, files, folders, refusals);
  }

  public void check(Manifest manifest) {
    containers(manifest);
    StackLimits stack = manifest.stack();
    parent(stack.limits().parent(), stack.origins().at("cgroup.parent"));
    for (Service service : manifest.services().values()) {
      service(service, manifest);
    }
    for (NetworkSpec network : manifest.networks().values()) {
      subnet(network, network.subnet());
      subnet(network, network.subnet6());
    }
  }

  /** Those that lead nowhere but to machines of one's own; see RFC 1918, RFC 6598 and RFC 4193. */
  private static final List<IpPrefix> PRIVATE =
      Stream.of("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
          .map(text -> IpPrefix.parse(text).orElseThrow())
          .toList();

  /** The machine itself reaches a subnet through the bridge, whoever else has these addresses. */
  private void subnet(NetworkSpec network, @Nullable IpPrefix subnet) {
    List<IpPrefix> named = policy.subnets();
    List<IpPrefix> allowed = named == null ? PRIVATE : named;
    if (subnet == null
        || allowed.stream().anyMatch(a -> a.length() <= subnet.length() && a.overlaps(subnet))) {
      return;
    }
    String says = allowed.isEmpty() ? "none" : joined(allowed);
    String message = subnet + " is no subnet that the policy allows: it may be that of others";
    refusals.refuse(
        network.origin(),
        message,
        "networks.subnets",
        says,
        "without subnet jstack finds a free one");
  }

  /** The limits hold for each container, so ten of a service are ten. */
  void containers(Manifest manifest) {
    Long most = policy.services();
    long all = 0;
    for (Service service : manifest.services().values()) {
      all += service.role().scale();
    }
    if (most != null && all > most) {
      Origin at = Origin.ofFile(manifest.file()).withKeyPath("services");
      for (Service service : manifest.services().values()) {
        at = service.role().scale() > 1 ? service.at("scale") : at;
      }
      boolean scaled = all > manifest.services().size();
      String what = scaled ? " containers of services" : " services";
      String message = all + what + " are more than the policy allows";
      refusals.refuse(at, message, "limits.services", "at most " + most, "");
    }
  }

  void service(Service service, Manifest manifest) {
    for (Opened open : service.security().open()) {
      opened(open);
    }
    profile(service);
    sources.check(service.rootfs(), manifest.directory().real());
    for (Mount mount : service.mounts()) {
      if (mount instanceof Mount.Bind bind) {
        folders.bind(bind);
      } else if (mount instanceof Mount.Volume volume) {
        folders.volume(volume, manifest);
      } else if (mount instanceof Mount.File file) {
        folders.file(file, manifest);
      }
    }
    limits.all(service);
    parent(service.cgroup().parent(), service.at("cgroup.parent"));
    ports(service.networking().ports());
    new PolicyEgress(policy, refusals).check(service, manifest);
  }

  /** Whoever owns that cgroup has given it limits of its own, or means it to be alone there. */
  private void parent(@Nullable CgroupPath parent, Origin at) {
    List<CgroupPath> parents = policy.parents();
    if (parents == null || parent == null) {
      return;
    }
    for (CgroupPath allowed : parents) {
      if (parent.equals(allowed) || parent.value().startsWith(allowed + "/")) {
        return;
      }
    }
    String says = parents.isEmpty() ? "none" : joined(parents);
    String message = "the cgroup " + parent + " is not allowed by the policy";
    refusals.refuse(
        at, message, "cgroup.parents", says, "without parent jstack makes a cgroup of its own");
  }

  private void opened(Opened open) {
    if (policy.allow().contains(open.opening())) {
      return;
    }
    String says = policy.allow().isEmpty() ? "none" : joined(policy.allow());
    refusals.refuse(
        open.origin(),
        "opens " + open.opening() + ", which the policy does not allow",
        "security.allow",
        "the walls that may be open: " + says,
        "");
  }

  /** A profile may let everything through, and nobody can see what it comes to. */
  private void profile(Service service) {
    if (service.seccomp() instanceof Seccomp.OfFile
        && !policy.allow().contains(Opening.SECCOMP_UNCONFINED)) {
      refusals.refuse(
          service.at("security_opt"),
          "a seccomp profile of its own is not allowed by the policy",
          "security.allow",
          "without " + Opening.SECCOMP_UNCONFINED,
          "");
    }
  }

  /** A range that is written out port by port is refused once. */
  private void ports(List<PublishedPort> published) {
    Policy.Ports allowed = policy.ports();
    if (allowed == null) {
      return;
    }
    Set<Origin> refused = new HashSet<>();
    for (PublishedPort port : published) {
      if (!refused.contains(port.origin()) && isRefused(port, allowed)) {
        refused.add(port.origin());
      }
    }
  }

  private boolean isRefused(PublishedPort port, Policy.Ports allowed) {
    List<IpAddress> addresses = allowed.addresses();
    PortRange range = allowed.range();
    if (addresses != null && !addresses.contains(port.hostIp())) {
      String says = "addresses: " + (addresses.isEmpty() ? "none" : joined(addresses));
      String message = "a port of " + port.hostIp() + " is not allowed by the policy";
      refusals.refuse(port.origin(), message, "ports.addresses", says, "");
      return true;
    }
    if (range != null && (port.hostPort() < range.first() || port.hostPort() > range.last())) {
      String says = "from " + range.first() + " to " + range.last();
      String message = "port " + port.hostPort() + " is not allowed by the policy";
      refusals.refuse(port.origin(), message, "ports.range", says, "");
      return true;
    }
    return false;
  }

  LimitRules limits() {
    return limits;
  }

  FolderRules folders() {
    return folders;
  }

  SourceRules sources() {
    return sources;
  }

  Refusals refusals() {
    return refusals;
  }
}
