package jstack.manifest.policy;

import java.math.BigDecimal;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticPrinter;
import jstack.diag.Origin;
import jstack.diag.Problems;
import jstack.diag.SourceTexts;
import jstack.linux.IpAddress;
import jstack.linux.IpPrefix;
import jstack.manifest.ByteSize;
import jstack.manifest.CgroupPath;
import jstack.manifest.CpuMax;
import jstack.manifest.FileObject;
import jstack.manifest.HostPath;
import jstack.manifest.Logging;
import jstack.manifest.Manifest;
import jstack.manifest.MemoryLimits;
import jstack.manifest.Mount;
import jstack.manifest.NetworkSpec;
import jstack.manifest.Opened;
import jstack.manifest.Opening;
import jstack.manifest.PortRange;
import jstack.manifest.PublishedPort;
import jstack.manifest.RootfsLimits;
import jstack.manifest.RootfsSpec;
import jstack.manifest.Seccomp;
import jstack.manifest.Service;
import jstack.manifest.Sha256;
import jstack.manifest.StackLimits;
import jstack.manifest.VolumeSpec;
import jstack.manifest.files.HostFiles;
import org.jspecify.annotations.Nullable;

/** Holds a manifest against a policy: each error has the manifest's line and the policy's. */
public final class PolicyRules {
  private final Policy policy;
  private final HostFiles files;
  private final Problems problems;
  private final SourceTexts texts;

  public PolicyRules(Policy policy, HostFiles files, Problems problems, SourceTexts texts) {
    this.policy = policy;
    this.files = files;
    this.problems = problems;
    this.texts = texts;
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
    refuse(
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
      refuse(at, message, "limits.services", "at most " + most, "");
    }
  }

  void service(Service service, Manifest manifest) {
    for (Opened open : service.security().open()) {
      opened(open);
    }
    profile(service);
    rootfs(service.rootfs(), manifest.directory().real());
    for (Mount mount : service.mounts()) {
      if (mount instanceof Mount.Bind bind) {
        bind(bind);
      } else if (mount instanceof Mount.Volume volume) {
        volume(volume, manifest);
      } else if (mount instanceof Mount.File file) {
        file(file, manifest);
      }
    }
    memory(service);
    cpus(service);
    pids(service);
    logs(service);
    parent(service.cgroup().parent(), service.at("cgroup.parent"));
    ports(service.networking().ports());
    new PolicyEgress(policy, this::refuse).check(service, manifest);
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
    refuse(at, message, "cgroup.parents", says, "without parent jstack makes a cgroup of its own");
  }

  /** One of them, by its key. */
  void limit(Service service, String key) {
    switch (key) {
      case "memory.max", "memory.swap_max" -> memory(service);
      case "cpu.max" -> cpus(service);
      case "pids.max" -> pids(service);
      default -> {
        // of no interest to a policy
      }
    }
  }

  void redirect(RootfsSpec.Url rootfs, URI next) {
    Policy.Sources sources = policy.sources();
    if (sources != null && !isHost(next, sources.hosts())) {
      String hosts = sources.hosts().isEmpty() ? "none" : joined(sources.hosts());
      String message = "a redirect to " + hostOf(next) + " is not allowed by the policy";
      refuse(rootfs.origin(), message, "rootfs.hosts", "hosts: " + hosts, "");
    }
  }

  /** A file outside of the manifest's folder. */
  boolean reads(HostPath real, Origin at) {
    List<HostPath> readable = policy.readable() == null ? List.of() : policy.readable();
    List<HostPath> writable = policy.writable() == null ? List.of() : policy.writable();
    if (isWithin(real, readable) || isWithin(real, writable)) {
      return true;
    }
    List<HostPath> both = new ArrayList<>(writable);
    both.addAll(readable);
    String folders = both.isEmpty() ? "that of the manifest alone" : joined(both);
    String message =
        real + " lies outside the manifest's folder, and may not be read with a policy";
    refuse(at, message, "mounts.readable", "folders: " + folders, "");
    return false;
  }

  private void opened(Opened open) {
    if (policy.allow().contains(open.opening())) {
      return;
    }
    String says = policy.allow().isEmpty() ? "none" : joined(policy.allow());
    refuse(
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
      refuse(
          service.at("security_opt"),
          "a seccomp profile of its own is not allowed by the policy",
          "security.allow",
          "without " + Opening.SECCOMP_UNCONFINED,
          "");
    }
  }

  private void rootfs(RootfsSpec rootfs, HostPath folder) {
    Policy.Sources sources = policy.sources();
    if (rootfs instanceof RootfsSpec.Url url) {
      unpacked(rootfs, url.limits());
      boolean isFile = "file".equalsIgnoreCase(url.url().getScheme());
      if (isFile) {
        source(rootfs, new HostPath(url.url().getPath()).real());
      } else if (sources != null && !isHost(url.url(), sources.hosts())) {
        String hosts = sources.hosts().isEmpty() ? "none" : joined(sources.hosts());
        String message = "a rootfs from " + hostOf(url.url()) + " is not allowed by the policy";
        refuse(rootfs.origin(), message, "rootfs.hosts", "hosts: " + hosts, "");
      }
      digest(rootfs, url.sha256());
    } else if (rootfs instanceof RootfsSpec.Local local) {
      source(rootfs, local.real());
      boolean isDirectory = files.kind(local.real()) == HostFiles.Kind.DIRECTORY;
      if (!isDirectory) {
        unpacked(rootfs, local.limits());
        digest(rootfs, local.sha256());
      } else if (sources == null
          && policy.readable() != null
          && !isWithin(local.real(), List.of(folder))) {
        reads(local.real(), rootfs.origin());
      }
    } else if (rootfs instanceof RootfsSpec.Host && sources == null && policy.readable() != null) {
      String message = "a jail may copy any file, and the policy says which may be read";
      String hint = "whoever keeps the policy can write rootfs: {host: true}";
      refuse(rootfs.origin(), message, "mounts.readable", "no jails", hint);
    } else if (rootfs instanceof RootfsSpec.Host && sources != null && !sources.jails()) {
      String message = "a jail of this machine's files is not allowed by the policy";
      refuse(rootfs.origin(), message, "rootfs.host", "no jails", "");
    }
  }

  /** A place of this machine. */
  void source(RootfsSpec rootfs, HostPath real) {
    Policy.Sources sources = policy.sources();
    if (sources != null && !isWithin(real, sources.paths())) {
      String folders = sources.paths().isEmpty() ? "none" : joined(sources.paths());
      String message = "a rootfs at " + real + " is not allowed by the policy";
      refuse(rootfs.origin(), message, "rootfs.paths", "folders: " + folders, "");
    }
  }

  /** Who asks for less than the usual gets less: what an archive becomes is seen too late. */
  private void unpacked(RootfsSpec rootfs, RootfsLimits limits) {
    ByteSize most = policy.rootfs();
    if (most != null && limits.size().bytes() > most.bytes()) {
      refuse(
          rootfs.origin(),
          "an archive that may become " + limits.size() + " is more than the policy allows",
          "limits.rootfs",
          "at most " + most,
          "write rootfs: {..., limits: {size: " + most + "}} or less");
    }
  }

  private void logs(Service service) {
    ByteSize most = policy.logs();
    Logging logging = service.logging();
    if (most == null || logging.maxSize().bytes() <= most.bytes() / logging.maxFile()) {
      return;
    }
    boolean files = service.at("logging.max-file").isKnown();
    refuse(
        service.at(files ? "logging.max-file" : "logging.max-size"),
        logging.maxFile() + " logs of " + logging.maxSize() + " are more than the policy allows",
        "limits.logs",
        "at most " + most,
        "max-size times max-file must not be more");
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
      refuse(port.origin(), message, "ports.addresses", says, "");
      return true;
    }
    if (range != null && (port.hostPort() < range.first() || port.hostPort() > range.last())) {
      String says = "from " + range.first() + " to " + range.last();
      String message = "port " + port.hostPort() + " is not allowed by the policy";
      refuse(port.origin(), message, "ports.range", says, "");
      return true;
    }
    return false;
  }

  private void digest(RootfsSpec rootfs, @Nullable Sha256 sha256) {
    if (policy.sha256Required() && sha256 == null) {
      refuse(
          rootfs.origin(),
          "the policy wants the sha256 of each archive",
          "rootfs.sha256",
          "required",
          "write rootfs: {..., sha256: \"...\"}; sha256sum FILE prints it");
    }
  }

  /** A name alone means any port. */
  private static boolean isHost(URI url, List<String> hosts) {
    String host = hostOf(url);
    int port = url.getPort();
    if (port < 0) {
      port = "http".equalsIgnoreCase(url.getScheme()) ? 80 : 443;
    }
    for (String each : hosts) {
      String wanted = each.toLowerCase(Locale.ROOT);
      boolean below = wanted.startsWith("*.") && host.endsWith(wanted.substring(1));
      boolean same = wanted.equals(host) || wanted.equals(host + ":" + port);
      boolean belowWithPort =
          wanted.startsWith("*.") && (host + ":" + port).endsWith(wanted.substring(1));
      if (below || same || belowWithPort) {
        return true;
      }
    }
    return false;
  }

  private static String hostOf(URI url) {
    String host = url.getHost();
    return host == null ? "" : host.toLowerCase(Locale.ROOT);
  }

  private void bind(Mount.Bind bind) {
    List<HostPath> writable = policy.writable();
    List<HostPath> readable = policy.readable();
    boolean written = writable != null && isWithin(bind.real(), writable);
    boolean writes = !bind.readOnly() || bind.createHostPath();
    if (writes && writable != null && !written) {
      String folders = writable.isEmpty() ? "none" : joined(writable);
      refuse(
          bind.origin(),
          bind.real() + " may not be written to, says the policy",
          "mounts.writable",
          "folders: " + folders,
          bind.readOnly() ? "remove create_host_path" : "mount it read-only: append :ro");
    } else if (readable != null && !written && !isWithin(bind.real(), readable)) {
      String folders = readable.isEmpty() ? "none" : joined(readable);
      String message = bind.real() + " may not be mounted, says the policy";
      refuse(bind.origin(), message, "mounts.readable", "folders: " + folders, "");
    }
  }

  /** What is handed in is read, as if it were mounted read-only. */
  private void file(Mount.File mount, Manifest manifest) {
    FileObject object = manifest.storage().files(mount.kind()).get(mount.source());
    List<HostPath> readable = policy.readable();
    List<HostPath> writable = policy.writable();
    if (object == null
        || readable == null
        || !(object.source() instanceof FileObject.Source.OfFile file)
        || (writable != null && isWithin(file.real(), writable))
        || isWithin(file.real(), readable)) {
      return;
    }
    String folders = readable.isEmpty() ? "none" : joined(readable);
    String message = file.real() + " may not be handed in, says the policy";
    refuse(mount.origin(), message, "mounts.readable", "folders: " + folders, "");
  }

  /** A name of its own choice may be that of somebody else's volume. */
  private void volume(Mount.Volume mount, Manifest manifest) {
    VolumeSpec volume = manifest.storage().volumes().get(mount.volume());
    boolean own =
        volume != null
            && !volume.external()
            && volume.name().equals(manifest.name() + "_" + volume.key());
    if (!own && (policy.writable() != null || policy.readable() != null)) {
      String message = "a volume that others may have is not allowed by the policy";
      String hint = "remove external and name of the volume";
      refuse(mount.origin(), message, "mounts", "folders alone, and volumes of its own", hint);
    }
  }

  private static boolean isWithin(HostPath path, List<HostPath> folders) {
    for (HostPath folder : folders) {
      String begin = folder.value().equals("/") ? "/" : folder.value() + "/";
      if (path.equals(folder) || path.value().startsWith(begin)) {
        return true;
      }
    }
    return false;
  }

  private void memory(Service service) {
    ByteSize most = policy.memory();
    MemoryLimits memory = service.cgroup().memory();
    ByteSize max = memory.max();
    if (most == null) {
      return;
    }
    Origin at = service.at("cgroup.memory.max");
    String hint = "write cgroup: {memory: {max: " + most + "}} or less";
    if (max == null) {
      refuse(at, "the policy wants a limit of memory", "limits.memory", "at most " + most, hint);
      return;
    }
    long swap = memory.swapMax() == null ? 0 : memory.swapMax().bytes();
    if (max.bytes() > most.bytes() || swap > most.bytes() - max.bytes()) {
      String both = swap == 0 ? max.toString() : max + " and " + memory.swapMax() + " of swap";
      String message = both + " of memory is more than the policy allows";
      refuse(at, message, "limits.memory", "at most " + most + ", swap included", hint);
    }
  }

  private void cpus(Service service) {
    BigDecimal most = policy.cpus();
    if (most == null) {
      return;
    }
    CpuMax max = service.cgroup().cpu().max();
    Origin at = service.at("cgroup.cpu.max");
    String hint = "write cgroup: {cpu: {max: " + most.toPlainString() + "}} or less";
    String says = "at most " + most.toPlainString();
    if (max == null) {
      refuse(at, "the policy wants a limit of processor time", "limits.cpus", says, hint);
    } else if (most.multiply(BigDecimal.valueOf(max.period()))
            .compareTo(BigDecimal.valueOf(max.quota()))
        < 0) {
      refuse(at, "more processor time than the policy allows", "limits.cpus", says, hint);
    }
  }

  private void pids(Service service) {
    Long most = policy.pids();
    Long max = service.cgroup().pidsMax();
    if (most == null || (max != null && max <= most)) {
      return;
    }
    String message =
        max == null
            ? "the policy wants a limit of processes"
            : max + " processes are more than the policy allows";
    refuse(
        service.at("cgroup.pids.max"),
        message,
        "limits.pids",
        "at most " + most,
        "write cgroup: {pids: {max: " + most + "}} or less");
  }

  /** That a variable is not set is only what the manifest sees. */
  Diagnostic withholds(Diagnostic unset) {
    List<String> variables = policy.variables() == null ? List.of() : policy.variables();
    String says = variables.isEmpty() ? "none" : joined(variables);
    return unset
        .withDetails(beside("variables", says))
        .withHint("the policy withholds it: a manifest may read only those");
  }

  static String joined(List<?> words) {
    StringBuilder out = new StringBuilder();
    for (Object word : words) {
      out.append(out.isEmpty() ? "" : ", ").append(word);
    }
    return out.toString();
  }

  private void refuse(Origin at, String message, String key, String says, String hint) {
    Diagnostic refused = Diagnostic.error(at, "policy", message).withHint(hint);
    problems.add(refused.withDetails(beside(key, says)));
  }

  /** The line of the policy, for below that of the manifest. */
  private List<String> beside(String key, String says) {
    Origin beside = policy.origins().at(key);
    List<String> details = new ArrayList<>();
    details.add(beside.place() + ": " + key + ": " + says);
    new DiagnosticPrinter(texts::linesOf).source(beside).lines().forEach(details::add);
    return details;
  }
}
