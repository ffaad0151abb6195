package jstack.program;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.CRC32;
import jstack.linux.IpAddress;
import jstack.linux.IpPrefix;
import jstack.manifest.NetworkSpec;
import jstack.manifest.Networking;
import org.jspecify.annotations.Nullable;

/**
 * Where on this machine the networks of a stack lie.
 *
 * @param scope makes the names of this state's bridges other than those of another state
 * @param table of the rules, in the family inet
 * @param subnets by network, explicit or chosen
 * @param kept addresses that containers have, by container and network: {@code web-1 default}
 */
public record NetworkTarget(
    String scope,
    String project,
    String table,
    Map<String, Subnets> subnets,
    Map<String, IpAddress> kept) {

  /** The names of interfaces end at 15 characters. */
  public static final String BRIDGE_PREFIX = "jsb";

  private static final String LINK_PREFIX = "jsv";

  /** Of one network; null where there is no IPv6. */
  public record Subnets(IpPrefix v4, @Nullable IpPrefix v6) {}

  /**
   * One network namespace of the stack.
   *
   * @param container such as web-1; for a namespace of the top level its name
   * @param service whose name leads to it; empty when none does
   * @param namespace as {@code ip netns} calls it
   */
  public record Member(
      String container, String service, String hostname, String namespace, Networking networking) {}

  public String bridge(NetworkSpec network) {
    return BRIDGE_PREFIX + hash(network.name());
  }

  String link(Member member, String network) {
    return link(scope, project, member.namespace(), network);
  }

  /** The host's end of the pair that leads from a namespace to a network. */
  public static String link(String scope, String project, String namespace, String network) {
    return LINK_PREFIX + hash(scope, project, namespace + "/" + network);
  }

  private String hash(String name) {
    return hash(scope, project, name);
  }

  private static String hash(String scope, String project, String name) {
    CRC32 crc = new CRC32();
    crc.update((scope + "/" + project + "/" + name).getBytes(StandardCharsets.UTF_8));
    return Long.toHexString(crc.getValue() | 1L << 32).substring(1);
  }
}
