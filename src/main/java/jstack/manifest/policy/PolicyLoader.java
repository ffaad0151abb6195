package jstack.manifest.policy;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jstack.diag.Problems;
import jstack.diag.SourceTexts;
import jstack.linux.IpAddress;
import jstack.linux.IpPrefix;
import jstack.manifest.ByteSize;
import jstack.manifest.CgroupPath;
import jstack.manifest.Egress;
import jstack.manifest.HostPath;
import jstack.manifest.Manifest;
import jstack.manifest.Origins;
import jstack.manifest.PortRange;
import jstack.manifest.fields.EgressRules;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.OpeningList;
import jstack.manifest.fields.Values;
import jstack.manifest.files.ReadableFile;
import jstack.manifest.files.SourceReader;
import jstack.manifest.yaml.CoreSchema;
import jstack.manifest.yaml.Node;
import jstack.manifest.yaml.SourceMap;
import jstack.manifest.yaml.TreeInterpolation;
import jstack.manifest.yaml.YamlReader;
import org.jspecify.annotations.Nullable;

/**
 * Reads a policy as strictly as a manifest. Only the caller's own variables are put into it: files
 * beside a manifest are the work of whom the policy is for.
 */
public final class PolicyLoader {
  private final Problems problems = new Problems();
  private final Values values;

  private PolicyLoader(HostPath directory) {
    this.values = new Values(problems, directory);
  }

  public static Policy load(
      Path file, String name, Map<String, String> environment, SourceTexts texts) {
    String text = SourceReader.read(ReadableFile.ofUser(file), name, texts);
    List<String> lines = SourceTexts.split(text);
    Node.Mapping written = YamlReader.read(text, lines, name);
    Path parent = file.toAbsolutePath().normalize().getParent();
    PolicyLoader loader = new PolicyLoader(HostPath.of(parent == null ? Path.of("/") : parent));
    Node.Mapping tree = new TreeInterpolation(environment, lines, loader.problems).top(written);
    Policy policy = loader.bind(tree, new Origins(name, SourceMap.of(tree)));
    loader.problems.throwIfAny();
    return policy;
  }

  private Policy bind(Node.Mapping tree, Origins origins) {
    Fields top = Fields.of(tree, "", Keys.Place.POLICY, problems, "a mapping");
    Fields rootfs = part(top, "rootfs", Keys.Place.POLICY_ROOTFS);
    Fields mounts = part(top, "mounts", Keys.Place.POLICY_MOUNTS);
    Fields limits = part(top, "limits", Keys.Place.POLICY_LIMITS);
    Fields cgroup = part(top, "cgroup", Keys.Place.POLICY_CGROUP);
    Fields ports = part(top, "ports", Keys.Place.POLICY_PORTS);
    Fields networks = part(top, "networks", Keys.Place.POLICY_NETWORKS);
    Fields security = part(top, "security", Keys.Place.SECURITY);
    Node allow = security == null ? null : security.get("allow");
    return new Policy(
        rootfs == null ? null : sources(rootfs),
        rootfs != null && sha256(rootfs),
        mounts == null ? null : paths(mounts, "writable"),
        mounts == null ? null : paths(mounts, "readable"),
        limits == null ? null : size(limits, "memory"),
        limits == null ? null : cpus(limits),
        limits == null ? null : number(limits, "pids", 1L << 22),
        limits == null ? null : number(limits, "services", Manifest.MAX_SERVICES),
        limits == null ? null : size(limits, "rootfs"),
        limits == null ? null : size(limits, "logs"),
        cgroup == null ? null : parents(cgroup),
        ports == null ? null : new Policy.Ports(addresses(ports), range(ports)),
        networks == null ? null : subnets(networks),
        networks == null ? null : egress(networks),
        top == null ? null : variables(top),
        allow == null || security == null
            ? List.of()
            : OpeningList.bind(values, allow, security.path("allow")),
        origins);
  }

  private @Nullable Fields part(@Nullable Fields top, String key, Keys.Place place) {
    Node node = top == null ? null : top.get(key);
    return node == null ? null : Fields.of(node, key, place, problems, "a mapping");
  }

  private Policy.@Nullable Sources sources(Fields rootfs) {
    if (!rootfs.has("hosts") && !rootfs.has("paths") && !rootfs.has("host")) {
      return null;
    }
    Node node = rootfs.get("hosts");
    List<String> hosts = new ArrayList<>();
    List<Node> items = node == null ? List.of() : values.items(node, rootfs.path("hosts"));
    for (int i = 0; i < items.size(); i++) {
      String path = rootfs.path("hosts") + "[" + i + "]";
      String host = values.string(items.get(i), path);
      if (host != null && !isHost(host)) {
        String message = "\"" + host + "\" is no host of a URL";
        String hint = "write it like example.org, *.example.org or 127.0.0.1:8000";
        values.error(items.get(i), path, "host", message, hint);
      } else if (host != null) {
        hosts.add(host);
      }
    }
    List<HostPath> paths = paths(rootfs, "paths");
    Node jails = rootfs.get("host");
    Boolean allowed = jails == null ? null : values.bool(jails, rootfs.path("host"));
    return new Policy.Sources(hosts, paths == null ? List.of() : paths, allowed != null && allowed);
  }

  private static boolean isHost(String text) {
    String name = text.startsWith("*.") ? text.substring(2) : text;
    boolean good = !name.isEmpty();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      good &= letter || (c >= '0' && c <= '9') || ".-_:[]".indexOf(c) >= 0;
    }
    return good;
  }

  private boolean sha256(Fields rootfs) {
    Node node = rootfs.get("sha256");
    String word =
        node == null
            ? null
            : values.choice(node, rootfs.path("sha256"), List.of("required", "optional"));
    return "required".equals(word);
  }

  /** Null when the key is not there; links are resolved, as those of the manifest will be. */
  private @Nullable List<HostPath> paths(Fields fields, String key) {
    Node node = fields.get(key);
    if (node == null) {
      return null;
    }
    List<HostPath> paths = new ArrayList<>();
    List<Node> items = values.items(node, fields.path(key));
    for (int i = 0; i < items.size(); i++) {
      HostPath path = values.hostPath(items.get(i), fields.path(key) + "[" + i + "]");
      if (path != null) {
        paths.add(path.real());
      }
    }
    return paths;
  }

  private @Nullable ByteSize size(Fields limits, String key) {
    Node node = limits.get(key);
    return node == null ? null : values.size(node, limits.path(key));
  }

  /** Null when the key is not there. */
  private @Nullable List<IpPrefix> subnets(Fields networks) {
    Node node = networks.get("subnets");
    if (node == null) {
      return null;
    }
    List<IpPrefix> subnets = new ArrayList<>();
    List<Node> items = values.items(node, networks.path("subnets"));
    for (int i = 0; i < items.size(); i++) {
      String path = networks.path("subnets") + "[" + i + "]";
      String text = values.string(items.get(i), path);
      Optional<IpPrefix> subnet = text == null ? Optional.empty() : IpPrefix.parse(text);
      subnet.ifPresent(subnets::add);
      if (text != null && subnet.isEmpty()) {
        String message = "\"" + text + "\" is no subnet";
        values.error(items.get(i), path, "subnet", message, "write it like 10.200.0.0/16");
      }
    }
    return subnets;
  }

  /** Null when the key is not there. */
  private @Nullable List<Egress.Rule> egress(Fields networks) {
    Node node = networks.get("egress");
    if (node == null) {
      return null;
    }
    List<Egress.Rule> rules = new ArrayList<>();
    List<Node> items = values.items(node, networks.path("egress"));
    for (int i = 0; i < items.size(); i++) {
      String path = networks.path("egress") + "[" + i + "]";
      String text = values.string(items.get(i), path);
      Egress.Rule rule = text == null ? null : EgressRules.read(values, text, items.get(i), path);
      if (rule != null && rule.service() != null) {
        String message = "\"" + rule.service() + "\" is no network or address";
        String hint = "the services of its own stack may be named by every manifest";
        values.error(items.get(i), path, "egress", message, hint);
      } else if (rule != null) {
        rules.add(rule);
      }
    }
    return rules;
  }

  /** Null when the key is not there. */
  private @Nullable List<CgroupPath> parents(Fields cgroup) {
    Node node = cgroup.get("parents");
    if (node == null) {
      return null;
    }
    List<CgroupPath> parents = new ArrayList<>();
    List<Node> items = values.items(node, cgroup.path("parents"));
    for (int i = 0; i < items.size(); i++) {
      String path = cgroup.path("parents") + "[" + i + "]";
      String text = values.string(items.get(i), path);
      try {
        if (text != null) {
          parents.add(CgroupPath.parse(text));
        }
      } catch (IllegalArgumentException e) {
        String message = "\"" + text + "\" " + e.getMessage();
        values.error(items.get(i), path, "parent", message, "such as ci.slice/builds");
      }
    }
    return parents;
  }

  /** Null when the key is not there. */
  private @Nullable List<String> variables(Fields top) {
    Node node = top.get("variables");
    if (node == null) {
      return null;
    }
    List<String> names = new ArrayList<>();
    List<Node> items = values.items(node, "variables");
    for (int i = 0; i < items.size(); i++) {
      String path = "variables[" + i + "]";
      String name = values.string(items.get(i), path);
      int star = name == null ? -1 : name.indexOf('*');
      if (name != null && (name.isEmpty() || (star >= 0 && star < name.length() - 1))) {
        String message = "\"" + name + "\" is no name of a variable, nor the beginning of one";
        values.error(items.get(i), path, "env-name", message, "write it like TZ or CI_COMMIT_*");
      } else if (name != null) {
        names.add(name);
      }
    }
    return names;
  }

  /** Null when the key is not there. */
  private @Nullable List<IpAddress> addresses(Fields ports) {
    Node node = ports.get("addresses");
    if (node == null) {
      return null;
    }
    List<IpAddress> addresses = new ArrayList<>();
    List<Node> items = values.items(node, ports.path("addresses"));
    for (int i = 0; i < items.size(); i++) {
      String path = ports.path("addresses") + "[" + i + "]";
      String text = values.string(items.get(i), path);
      Optional<IpAddress> address = text == null ? Optional.empty() : IpAddress.parse(text);
      address.ifPresent(addresses::add);
      if (text != null && address.isEmpty()) {
        values.error(items.get(i), path, "address", "\"" + text + "\" is no IP address", "");
      }
    }
    return addresses;
  }

  private @Nullable PortRange range(Fields ports) {
    Node node = ports.get("range");
    String text = node == null ? null : values.text(node, ports.path("range"));
    PortRange range = text == null ? null : PortRange.parse(text);
    if (node != null && text != null && range == null) {
      String message = "\"" + text + "\" is no range of ports from 1 to 65535";
      values.error(node, ports.path("range"), "port", message, "write it like 8000-8999");
    }
    return range;
  }

  private @Nullable BigDecimal cpus(Fields limits) {
    Node node = limits.get("cpus");
    String text = node == null ? null : values.text(node, limits.path("cpus"));
    BigDecimal cpus = text == null ? null : CoreSchema.decimal(text);
    if (node != null && text != null && (cpus == null || cpus.signum() <= 0)) {
      String message = "must be a number of processors, not \"" + text + "\"";
      values.error(node, limits.path("cpus"), "type", message, "such as 2 or 0.5");
    }
    return cpus;
  }

  private @Nullable Long number(Fields limits, String key, long most) {
    Node node = limits.get(key);
    return node == null ? null : values.integer(node, limits.path(key), 1, most);
  }
}
