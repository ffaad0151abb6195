package jstack.linux;

import java.util.Optional;

/** A network of addresses, such as 10.1.2.0/24; its base has no bits outside the prefix. */
public record IpPrefix(IpAddress base, int length) {

  /**
   * {@code ADDRESS/LENGTH}; empty when the text is none, or when bits outside the prefix are set.
   */
  public static Optional<IpPrefix> parse(String text) {
    int slash = text.indexOf('/');
    Optional<IpAddress> address = IpAddress.parse(slash < 0 ? text : text.substring(0, slash));
    if (address.isEmpty()) {
      return Optional.empty();
    }
    int most = address.get().isV6() ? 128 : 32;
    int length = slash < 0 ? most : number(text.substring(slash + 1));
    if (length < 0 || length > most) {
      return Optional.empty();
    }
    IpPrefix prefix = of(address.get(), length);
    return prefix.base().equals(address.get()) ? Optional.of(prefix) : Optional.empty();
  }

  /** The network of that length in which an address lies. */
  public static IpPrefix of(IpAddress address, int length) {
    long high = address.high();
    long low = address.low();
    if (address.isV6()) {
      high &= mask(Math.min(length, 64));
      low &= mask(Math.max(length - 64, 0));
    } else {
      low &= mask(length + 32);
    }
    return new IpPrefix(new IpAddress(address.isV6(), high, low), length);
  }

  private static long mask(int bits) {
    return bits == 0 ? 0 : -1L << (64 - bits);
  }

  private static int number(String text) {
    if (text.isEmpty() || text.length() > 3 || (text.length() > 1 && text.charAt(0) == '0')) {
      return -1;
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return -1;
      }
    }
    return Integer.parseInt(text);
  }

  public boolean contains(IpAddress address) {
    return address.isV6() == base.isV6() && of(address, length).base().equals(base);
  }

  public boolean overlaps(IpPrefix other) {
    return length <= other.length ? contains(other.base) : other.contains(base);
  }

  /** Whether a machine can have it: neither the network itself nor its broadcast address. */
  public boolean hasHost(IpAddress address) {
    boolean edge = address.equals(base) || (!address.isV6() && address.equals(address(size() - 1)));
    return contains(address) && !edge;
  }

  /** The address with that number in the network; 0 is the base. */
  public IpAddress address(long number) {
    return base.plus(number);
  }

  /** How many addresses it has; {@link Long#MAX_VALUE} when they are more than that. */
  public long size() {
    int free = (base.isV6() ? 128 : 32) - length;
    return free > 62 ? Long.MAX_VALUE : 1L << free;
  }

  @Override
  public String toString() {
    return base + "/" + length;
  }
}
