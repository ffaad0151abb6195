package jstack.manifest.bind;

import java.util.ArrayList;
import java.util.List;
import jstack.diag.Origin;
import jstack.linux.IpAddress;
import jstack.linux.Namespace;
import jstack.manifest.Attachment;
import jstack.manifest.Dns;
import jstack.manifest.ExtraHost;
import jstack.manifest.Names;
import jstack.manifest.NamespaceSource;
import jstack.manifest.Namespaces;
import jstack.manifest.NetworkSpec;
import jstack.manifest.Networking;
import jstack.manifest.PortRange;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/**
 * Binds how a service is connected: all keys that belong to a network namespace, and so only to a
 * service with one of its own.
 */
final class NetworkingBinder {
  private static final List<String> OWNERS_KEYS =
      List.of(
          "networks",
          "ports",
          "egress",
          "extra_hosts",
          "dns",
          "dns_search",
          "dns_opt",
          "mac_address");

  private final BindContext context;
  private final Values values;

  NetworkingBinder(BindContext context) {
    this.context = context;
    this.values = context.values();
  }

  /**
   * @param isJob whether it has no network unless it asks for one
   */
  Networking bind(Fields service, Namespaces namespaces, Origin at, boolean isJob) {
    expose(service);
    Node mode = service.get("network_mode");
    boolean none = mode instanceof Node.Scalar scalar && scalar.text().equals("none");
    none |= isJob && !service.has("networks") && !service.has("network_mode");
    if (none || !namespaces.isOwn(Namespace.NETWORK)) {
      refuse(service, none, namespaces);
      return Networking.NONE;
    }
    Node node = service.get("networks");
    List<Attachment> attachments =
        service.has("networks") ? attachments(node, service.path("networks")) : List.of();
    if (!service.has("networks")) {
      attachments = List.of(plain(NetworkSpec.DEFAULT, at));
    }
    String mac = mac(service);
    if (mac != null && !attachments.isEmpty()) {
      attachments = new ArrayList<>(attachments);
      Attachment first = attachments.get(0);
      if (first.mac() != null && !first.mac().equals(mac)) {
        String message = "differs from the mac_address of its first network";
        context.problems().error(service.at("mac_address"), "conflict", message);
      }
      attachments.set(
          0,
          new Attachment(
              first.network(),
              first.address(),
              first.address6(),
              first.aliases(),
              mac,
              first.origin()));
    }
    return new Networking(
        attachments,
        new PortsBinder(context).bind(service),
        new EgressBinder(context).bind(service),
        extraHosts(service),
        dns(service));
  }

  private void refuse(Fields service, boolean none, Namespaces namespaces) {
    NamespaceSource source = namespaces.of(Namespace.NETWORK);
    for (String key : OWNERS_KEYS) {
      if (!service.has(key)) {
        continue;
      }
      String why =
          none
              ? service.has("network_mode")
                  ? "there is no network with network_mode: none"
                  : "a job has no network unless it names one"
              : source instanceof NamespaceSource.Host
                  ? "the network is the host's"
                  : source instanceof NamespaceSource.OfService shared
                      ? "the network is that of " + shared.service()
                      : "the network namespace is not its own";
      String mend =
          source instanceof NamespaceSource.OfService shared
              ? "write it at services." + shared.service()
              : "remove the key, or give the service a network of its own";
      context
          .problems()
          .error(service.keyAt(key), "conflict", "`" + key + "` has no effect: " + why, mend);
    }
  }

  private static Attachment plain(String network, Origin origin) {
    return new Attachment(network, null, null, List.of(), null, origin);
  }

  private List<Attachment> attachments(@Nullable Node node, String path) {
    List<Attachment> attachments = new ArrayList<>();
    if (node instanceof Node.Mapping mapping) {
      for (Node.Entry entry : mapping.entries()) {
        String name = entry.key().text();
        attachments.add(attachment(name, entry, path + "." + name));
      }
    } else if (node != null) {
      List<Node> items = values.items(node, path);
      List<String> seen = new ArrayList<>();
      for (int i = 0; i < items.size(); i++) {
        String key = path + "[" + i + "]";
        String name = values.string(items.get(i), key);
        if (name != null && seen.contains(name)) {
          values.error(items.get(i), key, "duplicate", "\"" + name + "\" is listed twice", "");
        } else if (name != null) {
          seen.add(name);
          attachments.add(plain(name, items.get(i).origin().withKeyPath(key)));
        }
      }
    }
    boolean empty =
        (node instanceof Node.Mapping mapping && mapping.entries().isEmpty())
            || (node instanceof Node.Sequence list && list.items().isEmpty());
    if (node != null && empty) {
      values.error(node, path, "no-network", "names no network", "write network_mode: none");
    }
    return attachments;
  }

  private Attachment attachment(String name, Node.Entry entry, String path) {
    Origin origin = entry.key().origin().withKeyPath(path);
    if (entry.value() instanceof Node.Scalar scalar && scalar.isNull()) {
      return plain(name, origin);
    }
    Fields fields =
        Fields.of(
            entry.value(), path, Keys.Place.ATTACHMENT, context.problems(), "nothing or a mapping");
    if (fields == null) {
      return plain(name, origin);
    }
    List<String> aliases = new ArrayList<>();
    Node list = fields.get("aliases");
    List<Node> items = list == null ? List.of() : values.items(list, fields.path("aliases"));
    for (int i = 0; i < items.size(); i++) {
      String key = fields.path("aliases") + "[" + i + "]";
      String alias = values.string(items.get(i), key);
      String mistake = alias == null ? "" : Names.hostMistake(alias);
      if (!mistake.isEmpty()) {
        values.error(items.get(i), key, "hostname", mistake, "");
      } else if (alias != null && !aliases.contains(alias)) {
        aliases.add(alias);
      }
    }
    return new Attachment(
        name,
        address(fields, "ipv4_address", false),
        address(fields, "ipv6_address", true),
        aliases,
        mac(fields),
        origin);
  }

  private @Nullable IpAddress address(Fields fields, String key, boolean v6) {
    Node node = fields.get(key);
    return node == null ? null : new Addresses(values).address(node, fields.path(key), v6);
  }

  private @Nullable String mac(Fields fields) {
    Node node = fields.get("mac_address");
    String text = node == null ? null : values.string(node, fields.path("mac_address"));
    if (node == null || text == null) {
      return null;
    }
    boolean sound = text.length() == 17;
    for (int i = 0; i < text.length() && sound; i++) {
      char c = text.charAt(i);
      sound = i % 3 == 2 ? c == ':' : Character.digit(c, 16) >= 0 && c < 128;
    }
    boolean nobody = text.equals("00:00:00:00:00:00");
    if (!sound || nobody || Character.digit(text.charAt(1), 16) % 2 == 1) {
      String hint = "such as 02:42:ac:11:00:02; the first byte of a single machine is even";
      values.error(
          node, fields.path("mac_address"), "mac", "\"" + text + "\" is no MAC address", hint);
      return null;
    }
    return text.toLowerCase(java.util.Locale.ROOT);
  }

  /** Ports that others of the stack may use: they may use all, so this only documents. */
  private void expose(Fields service) {
    Node node = service.get("expose");
    List<Node> items = node == null ? List.of() : values.items(node, service.path("expose"));
    for (int i = 0; i < items.size(); i++) {
      String path = service.path("expose") + "[" + i + "]";
      String text = values.text(items.get(i), path);
      if (text != null && PortRange.parse(text.replace("/tcp", "").replace("/udp", "")) == null) {
        values.error(items.get(i), path, "port", "\"" + text + "\" is no port", "such as 8080");
      }
    }
  }

  private List<ExtraHost> extraHosts(Fields service) {
    Node node = service.get("extra_hosts");
    String path = service.path("extra_hosts");
    List<ExtraHost> hosts = new ArrayList<>();
    if (node instanceof Node.Mapping mapping) {
      for (Node.Entry entry : mapping.entries()) {
        String name = entry.key().text();
        String text = values.text(entry.value(), path + "." + name);
        add(hosts, name, text, entry.value(), path + "." + name);
      }
    } else if (node != null) {
      List<Node> items = values.items(node, path);
      for (int i = 0; i < items.size(); i++) {
        String key = path + "[" + i + "]";
        String text = values.string(items.get(i), key);
        int cut = text == null ? 0 : separator(text);
        if (text != null && cut < 1) {
          String hint = "such as \"db.example:10.0.0.5\"";
          values.error(items.get(i), key, "extra-host", "\"" + text + "\" is not name:ip", hint);
        } else if (text != null) {
          add(hosts, text.substring(0, cut), text.substring(cut + 1), items.get(i), key);
        }
      }
    }
    return hosts;
  }

  private static int separator(String text) {
    int equals = text.indexOf('=');
    return equals >= 0 ? equals : text.indexOf(':');
  }

  private void add(
      List<ExtraHost> hosts, String name, @Nullable String text, Node node, String path) {
    String mistake = Names.hostMistake(name);
    if (!mistake.isEmpty()) {
      values.error(node, path, "hostname", mistake, "");
      return;
    }
    if (text == null) {
      return;
    }
    Origin origin = node.origin().withKeyPath(path);
    if (text.equals("host-gateway")) {
      hosts.add(new ExtraHost(name, null, origin));
      return;
    }
    boolean brackets = text.startsWith("[") && text.endsWith("]");
    String plain = brackets ? text.substring(1, text.length() - 1) : text;
    IpAddress address = IpAddress.parse(plain).orElse(null);
    if (address == null) {
      String hint = "write an address, or host-gateway for this machine";
      values.error(node, path, "address", "\"" + text + "\" is no IP address", hint);
      return;
    }
    hosts.add(new ExtraHost(name, address, origin));
  }

  private Dns dns(Fields service) {
    List<IpAddress> servers = new ArrayList<>();
    List<String> texts = words(service, "dns");
    Node node = service.get("dns");
    for (String text : texts) {
      IpAddress address = IpAddress.parse(text).orElse(null);
      if (address == null && node != null) {
        String message = "\"" + text + "\" is no IP address";
        values.error(node, service.path("dns"), "address", message, "such as 1.1.1.1");
      } else if (address != null) {
        servers.add(address);
      }
    }
    return new Dns(servers, words(service, "dns_search"), words(service, "dns_opt"));
  }

  /** One word or a list of them; none may break out of its line of resolv.conf(5). */
  private List<String> words(Fields service, String key) {
    Node node = service.get(key);
    String path = service.path(key);
    List<String> words = new ArrayList<>();
    if (node == null) {
      return words;
    }
    List<Node> items = node instanceof Node.Scalar ? List.of(node) : values.items(node, path);
    for (Node item : items) {
      String text = values.string(item, path);
      boolean sound = text != null && !text.isEmpty();
      for (int i = 0; sound && text != null && i < text.length(); i++) {
        sound = text.charAt(i) > ' ' && text.charAt(i) < 127;
      }
      if (sound && text != null) {
        words.add(text);
      } else if (text != null) {
        values.error(item, path, "word", "must be one word without spaces", "");
      }
    }
    return words;
  }
}
