package jstack.manifest.fields;

import jstack.linux.IpPrefix;
import jstack.manifest.Egress;
import jstack.manifest.Names;
import jstack.manifest.PortRange;
import jstack.manifest.Protocol;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/**
 * Where something may connect to, as services and policies write it: {@code
 * DESTINATION[:PORT[-PORT]][/tcp|udp]}; an IPv6 destination with ports has brackets.
 */
public final class EgressRules {
  private EgressRules() {}

  /** One rule. Null, and said in the problems of the values, for what is none. */
  public static Egress.@Nullable Rule read(Values values, String text, Node node, String path) {
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
