package jstack.manifest.bind;

import jstack.linux.IpAddress;
import jstack.linux.IpPrefix;
import jstack.manifest.fields.Values;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/** Addresses and networks from nodes; null for what was complained about. */
final class Addresses {
  private final Values values;

  Addresses(Values values) {
    this.values = values;
  }

  @Nullable IpAddress address(Node node, String path, boolean v6) {
    String text = values.string(node, path);
    IpAddress address = text == null ? null : IpAddress.parse(text).orElse(null);
    if (text != null && (address == null || address.isV6() != v6)) {
      String hint = v6 ? "such as fd00::5" : "such as 10.5.0.5";
      String family = v6 ? "an IPv6 address" : "an IPv4 address";
      values.error(node, path, "address", "\"" + text + "\" is not " + family, hint);
      return null;
    }
    return address;
  }

  @Nullable IpPrefix network(Node node, String path, boolean v6, int longest) {
    String text = values.string(node, path);
    if (text == null) {
      return null;
    }
    IpPrefix prefix = text.indexOf('/') < 0 ? null : IpPrefix.parse(text).orElse(null);
    if (prefix == null || prefix.base().isV6() != v6) {
      values.error(
          node,
          path,
          "subnet",
          "\"" + text + "\" is not an IPv" + (v6 ? 6 : 4) + " subnet",
          v6
              ? "such as fd00:1::/64, with no bits behind the prefix"
              : "such as 10.5.0.0/24, with no bits behind the prefix");
      return null;
    }
    IpAddress base = prefix.base();
    if (base.isAny() || base.isLoopback() || !base.isUnicast()) {
      String message = text + " is no network that machines can have addresses of";
      values.error(
          node, path, "subnet", message, v6 ? "such as fd00:1::/64" : "such as 10.5.0.0/24");
      return null;
    }
    if (prefix.length() > longest || prefix.length() < 8) {
      String message = "a prefix from /8 to /" + longest + " is needed";
      values.error(node, path, "subnet", message, "");
      return null;
    }
    return prefix;
  }
}
