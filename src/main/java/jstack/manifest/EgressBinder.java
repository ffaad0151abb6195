package jstack.manifest;

import java.util.ArrayList;
import java.util.List;
import jstack.linux.IpPrefix;
import org.jspecify.annotations.Nullable;

/** Binds {@code egress}: what a service may connect to. */
final class EgressBinder {
  private final BindContext context;
  private final Values values;

  EgressBinder(BindContext context) {
    this.context = context;
    this.values = context.values();
  }

  @Nullable Egress bind(Fields service) {
    Node node = service.get("egress");
    String path = service.path("egress");
    Fields fields =
        node == null
            ? null
            : Fields.of(node, path, Keys.Place.EGRESS, context.problems(), "a mapping");
    if (node == null || fields == null) {
      return null;
    }
    Node word = fields.get("default");
    String fallback =
        word == null ? null : values.choice(word, fields.path("default"), List.of("allow", "deny"));
    if (!fields.seems("default")) {
      String message = "needs `default`: what happens to everything else";
      values.error(node, path, "missing-key", message, "write default: deny");
    }
    return new Egress("allow".equals(fallback), rules(fields, "allow"), rules(fields, "deny"));
  }

  private List<Egress.Rule> rules(Fields fields, String key) {
    Node node = fields.get(key);
    List<Egress.Rule> rules = new ArrayList<>();
    List<Node> items = node == null ? List.of() : values.items(node, fields.path(key));
    for (int i = 0; i < items.size(); i++) {
      String path = fields.path(key) + "[" + i + "]";
      String text = values.string(items.get(i), path);
      Egress.Rule rule = text == null ? null : rule(values, text, items.get(i), path);
      if (rule != null) {
        rules.add(rule);
      }
    }
    return rules;
  }

  /** {@code DESTINATION[:PORT[-PORT]][/tcp|udp]}; an IPv6 destination with ports has brackets. */
  static Egress.@Nullable Rule rule(Values values, String text, Node node, String path) {
    String rest = text;
    Protocol protocol = null;
    if (rest.endsWith("/tcp") || rest.endsWith("/udp")) {
      protocol = rest.endsWith("tcp") ? Protocol.TCP : Protocol.UDP;
      rest = rest.substring(0, rest.length() - 4);
    }
    boolean brackets = rest.startsWith("[") && rest.indexOf(']') > 0;
    int close = brackets ? rest.indexOf(']') : 0;
    boolean plainV6 = !brackets && rest.indexOf(':') != rest.lastIndexOf(':');
    int colon = plainV6 ? -1 : rest.indexOf(':', close);
    String destination = colon < 0 ? rest : rest.substring(0, colon);
    if (brackets) {
      destination = destination.substring(1).replace("]", "");
    }
    PortRange ports = null;
    if (colon >= 0) {
      ports = PortRange.parse(rest.substring(colon + 1));
      if (ports == null) {
        String message = "\"" + rest.substring(colon + 1) + "\" is no port, nor a range";
        values.error(node, path, "port", message, "such as 10.0.0.0/8:443/tcp");
        return null;
      }
    }
    int first = ports == null ? 0 : ports.first();
    int last = ports == null ? 0 : ports.last();
    IpPrefix prefix = destination.equals("*") ? null : IpPrefix.parse(destination).orElse(null);
    if (prefix == null
        && !destination.equals("*")
        && !Names.serviceMistake(destination).isEmpty()) {
      values.error(
          node,
          path,
          "egress",
          "\"" + destination + "\" is no network, address or service",
          "such as 10.0.0.0/8:443/tcp, db:5432 or *:53/udp; a network has no bits behind its"
              + " prefix");
      return null;
    }
    boolean service = prefix == null && !destination.equals("*");
    return new Egress.Rule(
        prefix,
        service ? destination : null,
        first,
        last,
        protocol,
        node.origin().withKeyPath(path));
  }
}
