package jstack.manifest;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import jstack.diag.Origin;
import jstack.linux.IpAddress;
import jstack.linux.IpPrefix;
import org.jspecify.annotations.Nullable;

/**
 * A bridge of the stack.
 *
 * <pre>
 * networks:
 *   back: {subnet: 10.5.0.0/24, internal: true, mtu: 1400}
 * </pre>
 *
 * @param subnet null leaves the choice of a free one to jstack
 * @param gateway the bridge's own address; null is the first of the subnet
 * @param ipv6 whether there is IPv6, too; {@code subnet6} null is a unique local one
 * @param internal nothing gets out of it, and nothing but the host in
 * @param mtu in bytes; 0 is the kernel's default of 1500
 */
public record NetworkSpec(
    String name,
    @Nullable IpPrefix subnet,
    @Nullable IpAddress gateway,
    boolean ipv6,
    @Nullable IpPrefix subnet6,
    boolean internal,
    int mtu,
    Map<String, String> labels,
    Origin origin) {

  public NetworkSpec {
    labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
  }

  /** The network of every service that names none. */
  public static final String DEFAULT = "default";

  public static NetworkSpec plain(String name, Origin origin) {
    return new NetworkSpec(name, null, null, false, null, false, 0, Map.of(), origin);
  }
}
