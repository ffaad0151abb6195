package jstack.manifest;

import java.util.List;
import jstack.diag.Origin;
import jstack.linux.IpPrefix;
import org.jspecify.annotations.Nullable;

/**
 * What a container may connect to.
 *
 * <pre>
 * egress: {default: deny, allow: ["10.0.0.0/8:443/tcp", "db:5432"]}
 * </pre>
 *
 * @param deny judged first, then {@code allow}, then {@code allowByDefault}
 */
public record Egress(boolean allowByDefault, List<Rule> allow, List<Rule> deny) {
  /**
   * At most one of {@code destination} and {@code service} is there; without any, it is everything.
   *
   * @param firstPort 0 for every port
   * @param protocol null for every protocol; ports without one are those of tcp and udp
   */
  public record Rule(
      @Nullable IpPrefix destination,
      @Nullable String service,
      int firstPort,
      int lastPort,
      @Nullable Protocol protocol,
      Origin origin) {
    /** As it is written. */
    @Override
    public String toString() {
      String to = destination != null ? destination.toString() : service != null ? service : "*";
      boolean brackets = firstPort > 0 && to.indexOf(':') >= 0;
      String last = lastPort > firstPort ? "-" + lastPort : "";
      return (brackets ? "[" + to + "]" : to)
          + (firstPort > 0 ? ":" + firstPort + last : "")
          + (protocol == null ? "" : "/" + protocol);
    }
  }

  public Egress {
    allow = List.copyOf(allow);
    deny = List.copyOf(deny);
  }
}
