package jstack.linux;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An address of IPv4 or IPv6, as a number; without java.net, whose start costs a warm verb
 * milliseconds.
 *
 * @param high the upper 64 bits of an IPv6 address, 0 for IPv4
 * @param low the lower 64 bits, or the 32 bits of an IPv4 address
 */
public record IpAddress(boolean isV6, long high, long low) implements Comparable<IpAddress> {
  public static final IpAddress LOOPBACK = v4(0x7f00_0001L);
  public static final IpAddress ANY = v4(0);

  public static IpAddress v4(long bits) {
    return new IpAddress(false, 0, bits & 0xffff_ffffL);
  }

  /** By hand, because the generated one costs a short-lived JVM 15 ms at its first call. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof IpAddress that
        && isV6 == that.isV6
        && high == that.high
        && low == that.low;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(high * 31 + low);
  }

  /** Empty when the text is no address; leading zeros are refused, since readers disagree. */
  public static Optional<IpAddress> parse(String text) {
    return text.indexOf(':') < 0 ? parseV4(text) : parseV6(text);
  }

  private static Optional<IpAddress> parseV4(String text) {
    long bits = 0;
    int parts = 0;
    int start = 0;
    for (int i = 0; i <= text.length(); i++) {
      if (i == text.length() || text.charAt(i) == '.') {
        int digits = i - start;
        boolean leadingZero = digits > 1 && text.charAt(start) == '0';
        if (digits < 1 || digits > 3 || leadingZero) {
          return Optional.empty();
        }
        int part = Integer.parseInt(text.substring(start, i));
        if (part > 255) {
          return Optional.empty();
        }
        bits = bits << 8 | part;
        parts++;
        start = i + 1;
      } else if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return Optional.empty();
      }
    }
    return parts == 4 ? Optional.of(v4(bits)) : Optional.empty();
  }

  /** The first two forms of RFC 4291, section 2.2; no zones, no ::ffff:1.2.3.4. */
  private static Optional<IpAddress> parseV6(String text) {
    int gap = text.indexOf("::");
    if (gap >= 0 && text.indexOf("::", gap + 1) >= 0) {
      return Optional.empty();
    }
    String head = gap < 0 ? text : text.substring(0, gap);
    String tail = gap < 0 ? "" : text.substring(gap + 2);
    int[] first = groups(head);
    int[] last = groups(tail);
    int missing = 8 - first.length - last.length;
    boolean bad = isBad(first) || isBad(last) || (gap < 0 ? missing != 0 : missing < 1);
    if (bad) {
      return Optional.empty();
    }
    int[] all = new int[8];
    System.arraycopy(first, 0, all, 0, first.length);
    System.arraycopy(last, 0, all, 8 - last.length, last.length);
    long high = 0;
    long low = 0;
    for (int i = 0; i < 4; i++) {
      high = high << 16 | all[i];
      low = low << 16 | all[i + 4];
    }
    return Optional.of(new IpAddress(true, high, low));
  }

  private static boolean isBad(int[] groups) {
    return groups.length > 8 || (groups.length > 0 && groups[0] < 0);
  }

  /** The numbers between the colons; one of -1 for what is none. */
  private static int[] groups(String text) {
    if (text.isEmpty()) {
      return new int[0];
    }
    String[] parts = text.split(":", -1);
    int[] groups = new int[parts.length];
    for (int i = 0; i < parts.length; i++) {
      int value = hex(parts[i]);
      if (value < 0) {
        return new int[] {-1};
      }
      groups[i] = value;
    }
    return groups;
  }

  private static int hex(String text) {
    int value = 0;
    for (int i = 0; i < text.length(); i++) {
      int digit = Character.digit(text.charAt(i), 16);
      if (digit < 0 || text.charAt(i) > 'f') {
        return -1;
      }
      value = value << 4 | digit;
    }
    return text.isEmpty() || text.length() > 4 ? -1 : value;
  }

  /** The address that many places further. */
  public IpAddress plus(long count) {
    if (!isV6) {
      return v4(low + count);
    }
    long sum = low + count;
    boolean carry = Long.compareUnsigned(sum, low) < 0;
    return new IpAddress(true, carry ? high + 1 : high, sum);
  }

  public boolean isLoopback() {
    return isV6 ? high == 0 && low == 1 : (low >>> 24) == 127;
  }

  /** Neither multicast nor broadcast nor reserved: one machine can have it. */
  public boolean isUnicast() {
    return isV6 ? high >>> 56 != 0xff : (low >>> 28) < 0xe;
  }

  public boolean isAny() {
    return high == 0 && low == 0;
  }

  @Override
  public int compareTo(IpAddress other) {
    int family = Boolean.compare(isV6, other.isV6);
    int upper = family != 0 ? family : Long.compareUnsigned(high, other.high);
    return upper != 0 ? upper : Long.compareUnsigned(low, other.low);
  }

  /** In the shortest form of RFC 5952. */
  @Override
  public String toString() {
    if (!isV6) {
      return (low >>> 24) + "." + (low >>> 16 & 255) + "." + (low >>> 8 & 255) + "." + (low & 255);
    }
    int[] groups = new int[8];
    for (int i = 0; i < 8; i++) {
      long half = i < 4 ? high : low;
      groups[i] = (int) (half >>> (48 - 16 * (i % 4)) & 0xffff);
    }
    int from = -1;
    int longest = 1;
    for (int i = 0; i < 8; i++) {
      int run = 0;
      while (i + run < 8 && groups[i + run] == 0) {
        run++;
      }
      if (run > longest) {
        from = i;
        longest = run;
      }
    }
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      if (i == from) {
        out.append("::");
        i += longest - 1;
        continue;
      }
      if (i > 0 && i != from + longest) {
        out.append(':');
      }
      out.append(Integer.toHexString(groups[i]));
    }
    return out.toString();
  }
}
