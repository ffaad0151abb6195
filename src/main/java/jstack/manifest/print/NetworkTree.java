package jstack.manifest.print;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.linux.Namespace;
import jstack.manifest.Attachment;
import jstack.manifest.Dns;
import jstack.manifest.Durations;
import jstack.manifest.Egress;
import jstack.manifest.ExtraHost;
import jstack.manifest.IdMap;
import jstack.manifest.Manifest;
import jstack.manifest.NamedNamespace;
import jstack.manifest.NamespaceSource;
import jstack.manifest.Namespaces;
import jstack.manifest.NetworkSpec;
import jstack.manifest.Networking;
import jstack.manifest.Service;
import jstack.manifest.TimeOffsets;
import org.jspecify.annotations.Nullable;

/** The namespaces and networks of a manifest as maps and lists; a part of {@link ManifestTree}. */
final class NetworkTree {
  private NetworkTree() {}

  static void top(Map<String, Object> top, Manifest manifest) {
    Map<String, Object> networks = new LinkedHashMap<>();
    manifest.networks().forEach((name, network) -> networks.put(name, network(network)));
    ManifestTree.putUnlessEmpty(top, "networks", networks);
    Map<String, Object> namespaces = new LinkedHashMap<>();
    for (NamedNamespace named : manifest.namespaces().values()) {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("type", named.type().key());
      ids(map, named.idMap());
      offsets(map, named.timeOffsets());
      namespaces.put(named.name(), map);
    }
    ManifestTree.putUnlessEmpty(top, "namespaces", namespaces);
  }

  private static Map<String, Object> network(NetworkSpec network) {
    Map<String, Object> map = new LinkedHashMap<>();
    put(map, "subnet", network.subnet());
    put(map, "gateway", network.gateway());
    map.put("ipv6", network.ipv6());
    put(map, "subnet6", network.subnet6());
    map.put("internal", network.internal());
    ManifestTree.putUnlessEmpty(map, "labels", ManifestTree.labels(network.labels()));
    if (network.mtu() > 0) {
      map.put("mtu", network.mtu());
    }
    return map;
  }

  static Map<String, Object> namespaces(Namespaces namespaces) {
    Map<String, Object> map = new LinkedHashMap<>();
    namespaces
        .sources()
        .forEach((kind, source) -> map.put(kind.key(), source(namespaces, kind, source)));
    return map;
  }

  private static Object source(Namespaces namespaces, Namespace kind, NamespaceSource source) {
    if (source instanceof NamespaceSource.Host) {
      return "host";
    }
    if (source instanceof NamespaceSource.OfService shared) {
      return NamespaceSource.OfService.PREFIX + shared.service();
    }
    if (source instanceof NamespaceSource.Named named) {
      return named.name();
    }
    if (source instanceof NamespaceSource.AtPath at) {
      return Map.of("path", ManifestTree.text(at.path()));
    }
    Map<String, Object> details = new LinkedHashMap<>();
    if (kind == Namespace.USER) {
      ids(details, namespaces.idMap());
    } else if (kind == Namespace.TIME) {
      offsets(details, namespaces.timeOffsets());
    }
    return details.isEmpty() ? "new" : details;
  }

  private static void ids(Map<String, Object> map, @Nullable IdMap ids) {
    if (ids != null) {
      map.put("uid_map", ranges(ids.uids()));
      map.put("gid_map", ranges(ids.gids()));
    }
  }

  private static List<String> ranges(List<IdMap.Range> ranges) {
    List<String> texts = new ArrayList<>();
    for (IdMap.Range range : ranges) {
      texts.add(range.inside() + ":" + range.outside() + ":" + range.count());
    }
    return texts;
  }

  private static void offsets(Map<String, Object> map, @Nullable TimeOffsets offsets) {
    if (offsets != null) {
      map.put("monotonic", offset(offsets.monotonic()));
      map.put("boottime", offset(offsets.boottime()));
    }
  }

  private static String offset(Duration offset) {
    return offset.isNegative()
        ? "-" + Durations.toString(offset.negated())
        : Durations.toString(offset);
  }

  static void service(Map<String, Object> map, Service service) {
    Networking networking = service.networking();
    if (!service.namespaces().isOwn(Namespace.NETWORK)) {
      return;
    }
    if (networking.attachments().isEmpty()) {
      map.put("network_mode", "none");
      return;
    }
    Map<String, Object> networks = new LinkedHashMap<>();
    for (Attachment attachment : networking.attachments()) {
      Map<String, Object> details = new LinkedHashMap<>();
      put(details, "ipv4_address", attachment.address());
      put(details, "ipv6_address", attachment.address6());
      ManifestTree.putUnlessEmpty(details, "aliases", ManifestTree.texts(attachment.aliases()));
      put(details, "mac_address", attachment.mac());
      networks.put(attachment.network(), details);
    }
    map.put("networks", networks);
    ManifestTree.putUnlessEmpty(map, "ports", ManifestTree.texts(networking.ports()));
    Egress egress = networking.egress();
    if (egress != null) {
      Map<String, Object> rules = new LinkedHashMap<>();
      rules.put("default", egress.allowByDefault() ? "allow" : "deny");
      ManifestTree.putUnlessEmpty(rules, "allow", rules(egress.allow()));
      ManifestTree.putUnlessEmpty(rules, "deny", rules(egress.deny()));
      map.put("egress", rules);
    }
    List<String> hosts = new ArrayList<>();
    for (ExtraHost host : networking.extraHosts()) {
      hosts.add(host.name() + "=" + (host.address() == null ? "host-gateway" : host.address()));
    }
    ManifestTree.putUnlessEmpty(map, "extra_hosts", hosts);
    Dns dns = networking.dns();
    ManifestTree.putUnlessEmpty(map, "dns", ManifestTree.texts(dns.servers()));
    ManifestTree.putUnlessEmpty(map, "dns_search", ManifestTree.texts(dns.search()));
    ManifestTree.putUnlessEmpty(map, "dns_opt", ManifestTree.texts(dns.options()));
  }

  private static List<String> rules(List<Egress.Rule> rules) {
    List<String> texts = new ArrayList<>();
    for (Egress.Rule rule : rules) {
      texts.add(rule.toString());
    }
    return texts;
  }

  private static void put(Map<String, Object> map, String key, @Nullable Object value) {
    if (value != null) {
      map.put(key, value.toString());
    }
  }
}
