package jstack.manifest;

import jstack.diag.Origin;
import jstack.linux.IpAddress;
import org.jspecify.annotations.Nullable;

/**
 * One more name for /etc/hosts.
 *
 * @param address null is {@code host-gateway}: the host's own address on the first network
 */
public record ExtraHost(String name, @Nullable IpAddress address, Origin origin) {}
