package jstack.linux;

import java.util.ArrayList;
import java.util.List;

/** The networks that a machine knows the way to, from the routing tables of proc(5). */
public final class Routes {
  private Routes() {}

  /**
   * /proc/net/route: interface, destination, gateway, flags, ..., mask, all in hexadecimal of the
   * machine's byte order. Default routes are no network and are left out.
   */
  public static List<IpPrefix> v4(List<String> lines) {
    List<IpPrefix> prefixes = new ArrayList<>();
    for (String line : lines) {
      String[] fields = line.trim().split("\\s+", -1);
      if (fields.length >= 8 && fields[1].length() == 8 && fields[7].length() == 8) {
        long mask = Integer.toUnsignedLong(Integer.reverseBytes(hex(fields[7])));
        long base = Integer.toUnsignedLong(Integer.reverseBytes(hex(fields[1])));
        int length = Long.bitCount(mask);
        if (length > 0) {
          prefixes.add(IpPrefix.of(IpAddress.v4(base), length));
        }
      }
    }
    return prefixes;
  }

  private static int hex(String text) {
    try {
      return Integer.parseUnsignedInt(text, 16);
    } catch (NumberFormatException e) {
      return 0; // the heading
    }
  }

  /** /proc/net/ipv6_route: destination and its length first, both in hexadecimal. */
  public static List<IpPrefix> v6(List<String> lines) {
    List<IpPrefix> prefixes = new ArrayList<>();
    for (String line : lines) {
      String[] fields = line.trim().split("\\s+", -1);
      if (fields.length >= 2 && fields[0].length() == 32) {
        long high = Long.parseUnsignedLong(fields[0].substring(0, 16), 16);
        long low = Long.parseUnsignedLong(fields[0].substring(16), 16);
        int length = Integer.parseInt(fields[1], 16);
        if (length > 0) {
          prefixes.add(IpPrefix.of(new IpAddress(true, high, low), length));
        }
      }
    }
    return prefixes;
  }
}
