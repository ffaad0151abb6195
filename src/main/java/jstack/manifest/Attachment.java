package jstack.manifest;

import java.util.List;
import jstack.diag.Origin;
import jstack.linux.IpAddress;
import org.jspecify.annotations.Nullable;

/**
 * A service's link to one network of the stack.
 *
 * @param address null leaves the choice to jstack; {@code address6} likewise
 * @param aliases more names of the service on this network
 * @param mac such as 02:42:ac:11:00:02; null leaves it to jstack
 */
public record Attachment(
    String network,
    @Nullable IpAddress address,
    @Nullable IpAddress address6,
    List<String> aliases,
    @Nullable String mac,
    Origin origin) {
  public Attachment {
    aliases = List.copyOf(aliases);
  }
}
