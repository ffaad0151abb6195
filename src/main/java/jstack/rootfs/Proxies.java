package jstack.rootfs;

import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The proxy that the environment names, as curl reads it: http_proxy, https_proxy, no_proxy. */
final class Proxies {
  private Proxies() {}

  /** Null when the server is asked directly. */
  static @Nullable InetSocketAddress of(Map<String, String> environment, URI url) {
    String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
    String host = String.valueOf(url.getHost()).toLowerCase(Locale.ROOT);
    String proxy = value(environment, scheme + "_proxy");
    if (proxy.isEmpty() || isExempt(value(environment, "no_proxy"), host)) {
      return null;
    }
    URI at = URI.create(proxy.contains("://") ? proxy : "http://" + proxy);
    if (at.getHost() == null) {
      return null;
    }
    return new InetSocketAddress(at.getHost(), at.getPort() < 0 ? 3128 : at.getPort());
  }

  private static String value(Map<String, String> environment, String name) {
    String lower = environment.getOrDefault(name, "");
    return lower.isEmpty() ? environment.getOrDefault(name.toUpperCase(Locale.ROOT), "") : lower;
  }

  private static boolean isExempt(String list, String host) {
    for (String entry : list.split(",", -1)) {
      String name = entry.strip().toLowerCase(Locale.ROOT);
      String bare = name.startsWith(".") ? name.substring(1) : name;
      if (bare.equals("*")
          || (!bare.isEmpty() && (host.equals(bare) || host.endsWith("." + bare)))) {
        return true;
      }
    }
    return host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]");
  }
}
