package jstack.manifest.bind;

import java.util.ArrayList;
import java.util.List;
import jstack.diag.Origin;
import jstack.diag.Suggestion;
import jstack.linux.IpAddress;
import jstack.manifest.PortRange;
import jstack.manifest.Protocol;
import jstack.manifest.PublishedPort;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/** Binds {@code ports}, in Compose's short and long forms. */
final class PortsBinder {
  private static final int MOST = 1000;

  private final BindContext context;
  private final Values values;

  PortsBinder(BindContext context) {
    this.context = context;
    this.values = context.values();
  }

  List<PublishedPort> bind(Fields service) {
    List<PublishedPort> ports = new ArrayList<>();
    Node node = service.get("ports");
    List<Node> items = node == null ? List.of() : values.items(node, service.path("ports"));
    for (int i = 0; i < items.size(); i++) {
      String path = service.path("ports") + "[" + i + "]";
      if (items.get(i) instanceof Node.Mapping) {
        longForm(ports, items.get(i), path);
      } else {
        shortForm(ports, items.get(i), path);
      }
    }
    if (node != null && ports.size() > MOST) {
      values.error(node, service.path("ports"), "range", "more than " + MOST + " ports", "");
      return List.of();
    }
    return ports;
  }

  /** {@code [[ip:]host:]container[/protocol]}. */
  private void shortForm(List<PublishedPort> ports, Node node, String path) {
    String text = values.text(node, path);
    if (text == null) {
      return;
    }
    int slash = text.indexOf('/');
    String protocol = slash < 0 ? "tcp" : text.substring(slash + 1);
    String rest = slash < 0 ? text : text.substring(0, slash);
    int colon = rest.lastIndexOf(':');
    if (colon < 0) {
      String hint = "write \"" + rest + ":" + text + "\"; jstack chooses no port by itself";
      values.error(node, path, "port", "\"" + text + "\" names no port of the host", hint);
      return;
    }
    String inside = rest.substring(colon + 1);
    String before = rest.substring(0, colon);
    int second = before.lastIndexOf(':');
    String ip = second < 0 ? "" : before.substring(0, second);
    String outside = before.substring(second + 1);
    add(ports, node, path, ip, outside, inside, protocol);
  }

  private void longForm(List<PublishedPort> ports, Node node, String path) {
    Fields fields =
        Fields.of(node, path, Keys.Place.PORT, context.problems(), "host:container or a mapping");
    if (fields == null) {
      return;
    }
    String target = text(fields, "target", "the port of the container");
    String published = text(fields, "published", "the port of the host");
    Node ip = fields.get("host_ip");
    String host = ip == null ? "" : values.string(ip, fields.path("host_ip"));
    Node kind = fields.get("protocol");
    String protocol = kind == null ? "tcp" : values.string(kind, fields.path("protocol"));
    if (target != null && published != null && host != null && protocol != null) {
      add(ports, node, path, host, published, target, protocol);
    }
  }

  private @Nullable String text(Fields fields, String key, String what) {
    Node node = fields.get(key);
    if (!fields.seems(key)) {
      String message = "needs `" + key + "`: " + what;
      values.error(fields.mapping(), fields.path(), "missing-key", message, "");
    }
    return node == null ? null : values.text(node, fields.path(key));
  }

  private void add(
      List<PublishedPort> ports,
      Node node,
      String path,
      String ip,
      String outside,
      String inside,
      String protocol) {
    IpAddress address = host(ip, node, path);
    PortRange host = port(outside, node, path);
    PortRange container = port(inside, node, path);
    boolean udp = protocol.equals("udp");
    if (!udp && !protocol.equals("tcp")) {
      String near = Suggestion.among(protocol, List.of("tcp", "udp"));
      String message = "\"" + protocol + "\" is not one of tcp, udp" + near;
      values.error(node, path, "choice", message, "");
      return;
    }
    if (address == null || host == null || container == null) {
      return;
    }
    if (host.size() != container.size()) {
      String message = "ranges of " + host.size() + " and " + container.size() + " ports";
      values.error(node, path, "port", message, "both must be as long");
      return;
    }
    Origin origin = node.origin().withKeyPath(path);
    for (int i = 0; i < Math.min(host.size(), MOST + 1); i++) {
      ports.add(
          new PublishedPort(
              address,
              host.first() + i,
              container.first() + i,
              udp ? Protocol.UDP : Protocol.TCP,
              origin));
    }
  }

  private @Nullable IpAddress host(String text, Node node, String path) {
    if (text.isEmpty()) {
      return IpAddress.LOOPBACK;
    }
    boolean brackets = text.startsWith("[") && text.endsWith("]");
    String plain = brackets ? text.substring(1, text.length() - 1) : text;
    IpAddress address = IpAddress.parse(plain).orElse(null);
    if (address == null) {
      values.error(node, path, "address", "\"" + text + "\" is no IP address", "");
    } else if (!address.isUnicast()) {
      values.error(node, path, "address", address + " is no address that a machine can have", "");
      return null;
    } else if (address.isV6() && address.isLoopback()) {
      String hint = "publish on 127.0.0.1, which is the default";
      values.error(node, path, "address", "the kernel cannot forward from ::1", hint);
      return null;
    }
    return address;
  }

  private @Nullable PortRange port(String text, Node node, String path) {
    PortRange range = PortRange.parse(text);
    if (range == null) {
      String message = "\"" + text + "\" is no port from 1 to 65535, nor a range of them";
      values.error(node, path, "port", message, "write \"8080:80\" or \"8000-8009:9000-9009\"");
    }
    return range;
  }
}
