package jstack.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class IpAddressTest {
  /** With groups of zeros where the mask has none of its bits. */
  static IpAddress six(long high, long low, int mask) {
    return new IpAddress(true, high & groups(mask >> 4), low & groups(mask & 15));
  }

  private static long groups(int mask) {
    long bits = 0;
    for (int i = 0; i < 4; i++) {
      bits |= (mask >> i & 1) == 0 ? 0 : 0xffffL << 16 * i;
    }
    return bits;
  }

  static IpAddress parse(String text) {
    return IpAddress.parse(text).orElseThrow(() -> new AssertionError("no address: " + text));
  }

  @Property
  void anAddressOfIpv4ReadsBackWhatItPrints(@ForAll int bits) {
    IpAddress address = IpAddress.v4(bits);
    assertThat(IpAddress.parse(address.toString())).contains(address);
  }

  @Property
  void anAddressOfIpv6ReadsBackWhatItPrints(
      @ForAll long high, @ForAll long low, @ForAll @IntRange(max = 255) int mask) {
    IpAddress address = six(high, low, mask);
    assertThat(IpAddress.parse(address.toString())).contains(address);
  }

  @Property(tries = 300)
  void javaReadsTheSameNumber(
      @ForAll long high, @ForAll long low, @ForAll @IntRange(max = 255) int mask)
      throws UnknownHostException {
    IpAddress four = IpAddress.v4(low);
    assertThat(InetAddress.getByName(four.toString()).getAddress())
        .isEqualTo(ByteBuffer.allocate(4).putInt((int) low).array());
    IpAddress six = six(high | 1L << 62, low, mask | 128); // Java takes ::ffff:0:0/96 for IPv4
    assertThat(InetAddress.getByName(six.toString()).getAddress())
        .isEqualTo(ByteBuffer.allocate(16).putLong(six.high()).putLong(six.low()).array());
  }

  @Test
  void anAddressOfIpv6IsPrintedAsRfc5952Says() {
    assertThat(parse("2001:0DB8::0001")).hasToString("2001:db8::1");
    assertThat(parse("2001:db8:0:0:0:0:2:1")).hasToString("2001:db8::2:1");
    assertThat(parse("2001:db8:0:1:1:1:1:1")).hasToString("2001:db8:0:1:1:1:1:1");
    assertThat(parse("2001:0:0:1:0:0:0:1")).hasToString("2001:0:0:1::1");
    assertThat(parse("2001:db8:0:0:1:0:0:1")).hasToString("2001:db8::1:0:0:1");
    assertThat(parse("0:0:0:0:0:0:0:0")).hasToString("::");
    assertThat(parse("1:2:3:4:5:6:7::")).hasToString("1:2:3:4:5:6:7:0");
    assertThat(parse("fe80:0:0:0:0:0:0:0")).hasToString("fe80::");
  }

  @Test
  void whatIsNoAddressIsRefused() {
    for (String text :
        List.of(
            "",
            "1",
            "1.2.3",
            "1.2.3.4.5",
            "1.2.3.256",
            "1.2.3.",
            ".1.2.3",
            "1..2.3",
            "01.2.3.4",
            "1.2.3.00",
            "1.2.3.4444",
            "1.2.3.-4",
            "1.2.3.+4",
            " 1.2.3.4",
            "1.2.3.4 ",
            "1.2.3.\u0664",
            "0x7f.0.0.1",
            "localhost",
            ":",
            ":::",
            ":1",
            "1:",
            "1::2::3",
            "::1:",
            ":1::",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7:8::",
            "12345::",
            "::g",
            "::\uff11",
            "::-1",
            "::1%eth0",
            "[::1]",
            "::1/64",
            "::ffff:1.2.3.4")) {
      assertThat(IpAddress.parse(text)).as(text).isEmpty();
    }
  }

  @Property
  void theAddressSomePlacesFurtherIsTheSum(
      @ForAll long high, @ForAll long low, @ForAll @IntRange(min = 0) int count) {
    IpAddress start = new IpAddress(true, high, low);
    ByteBuffer bytes = ByteBuffer.allocate(17).put((byte) 0).putLong(high).putLong(low);
    java.math.BigInteger sum =
        new java.math.BigInteger(bytes.array()).add(java.math.BigInteger.valueOf(count));
    IpAddress end = start.plus(count);
    assertThat(end.low()).isEqualTo(sum.longValue());
    assertThat(end.high()).isEqualTo(sum.shiftRight(64).longValue());
  }

  @Test
  void addressesAreInTheOrderOfTheirNumbersIpv4First() {
    List<IpAddress> sorted =
        List.of(
            parse("9.0.0.0"),
            parse("10.0.0.1"),
            parse("200.0.0.1"),
            parse("::ffff:ffff:ffff:ffff"),
            parse("0:0:0:1::"),
            parse("7fff::"),
            parse("ff00::"));
    List<IpAddress> shuffled = new java.util.ArrayList<>(sorted);
    java.util.Collections.reverse(shuffled);
    java.util.Collections.sort(shuffled);
    assertThat(shuffled).isEqualTo(sorted);
  }

  @Test
  void loopbackIsAWholeNetworkOfIpv4AndOneAddressOfIpv6() {
    assertThat(parse("127.255.0.9").isLoopback()).isTrue();
    assertThat(parse("128.0.0.1").isLoopback()).isFalse();
    assertThat(parse("::1").isLoopback()).isTrue();
    assertThat(parse("::2").isLoopback()).isFalse();
    assertThat(parse("1::1").isLoopback()).isFalse();
  }

  @Test
  void anyIsAllZerosInBothFamilies() {
    assertThat(parse("0.0.0.0").isAny()).isTrue();
    assertThat(parse("::").isAny()).isTrue();
    assertThat(parse("0.0.0.1").isAny()).isFalse();
    assertThat(parse("1::").isAny()).isFalse();
  }
}
