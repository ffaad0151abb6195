package jstack.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class IpPrefixTest {
  private static IpPrefix parse(String text) {
    return IpPrefix.parse(text).orElseThrow(() -> new AssertionError("no prefix: " + text));
  }

  @Property
  void aPrefixReadsBackWhatItPrints(
      @ForAll int bits,
      @ForAll @IntRange(max = 32) int length,
      @ForAll long high,
      @ForAll long low,
      @ForAll @IntRange(max = 128) int length6) {
    IpPrefix four = IpPrefix.of(IpAddress.v4(bits), length);
    IpPrefix six = IpPrefix.of(new IpAddress(true, high, low), length6);
    assertThat(IpPrefix.parse(four.toString())).contains(four);
    assertThat(IpPrefix.parse(six.toString())).contains(six);
  }

  /** Bit by bit, as the definition says. */
  private static boolean slowContains(IpPrefix prefix, IpAddress address) {
    if (prefix.base().isV6() != address.isV6()) {
      return false;
    }
    for (int i = 0; i < prefix.length(); i++) {
      if (bit(prefix.base(), i) != bit(address, i)) {
        return false;
      }
    }
    return true;
  }

  private static boolean bit(IpAddress address, int number) {
    int place = address.isV6() ? number : number + 96;
    long half = place < 64 ? address.high() : address.low();
    return (half >>> 63 - place % 64 & 1) == 1;
  }

  private static IpAddress flipped(IpAddress address, int number) {
    int place = address.isV6() ? number % 128 : number % 32 + 96;
    long bit = 1L << 63 - place % 64;
    return place < 64
        ? new IpAddress(true, address.high() ^ bit, address.low())
        : new IpAddress(address.isV6(), address.high(), address.low() ^ bit);
  }

  @Property
  void aPrefixContainsTheAddressesThatBeginWithItsBits(
      @ForAll long high,
      @ForAll long low,
      @ForAll boolean v6,
      @ForAll @IntRange(max = 128) int bits,
      @ForAll @IntRange(max = 127) int flip) {
    IpAddress address = v6 ? new IpAddress(true, high, low) : IpAddress.v4(low);
    IpPrefix prefix = IpPrefix.of(address, v6 ? bits : bits % 33);
    assertThat(prefix.contains(address)).isTrue();
    IpAddress other = flipped(address, flip);
    assertThat(prefix.contains(other)).isEqualTo(slowContains(prefix, other));
    assertThat(prefix.contains(v6 ? IpAddress.v4(low) : new IpAddress(true, 0, low))).isFalse();
  }

  @Property
  void twoPrefixesOverlapWhenOneContainsTheOthersBase(
      @ForAll int bits,
      @ForAll @IntRange(max = 32) int length,
      @ForAll @IntRange(max = 31) int flip,
      @ForAll @IntRange(max = 32) int otherLength) {
    IpPrefix one = IpPrefix.of(IpAddress.v4(bits), length);
    IpPrefix other = IpPrefix.of(flipped(IpAddress.v4(bits), flip), otherLength);
    boolean expected = slowContains(one, other.base()) || slowContains(other, one.base());
    assertThat(one.overlaps(other)).isEqualTo(expected);
    assertThat(other.overlaps(one)).isEqualTo(expected);
  }

  @Test
  void prefixesOfTwoFamiliesNeverOverlap() {
    assertThat(parse("0.0.0.0/0").overlaps(parse("::/0"))).isFalse();
    assertThat(parse("::/0").overlaps(parse("10.0.0.0/8"))).isFalse();
  }

  @Test
  void anAddressAloneIsAPrefixOfAllItsBits() {
    assertThat(parse("10.1.2.3")).hasToString("10.1.2.3/32");
    assertThat(parse("fd00::1")).hasToString("fd00::1/128");
  }

  @Test
  void whatIsNoPrefixIsRefused() {
    for (String text :
        List.of(
            "",
            "/",
            "/8",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/-1",
            "10.0.0.0/+8",
            "10.0.0.0/ 8",
            "10.0.0.0/08",
            "10.0.0.0/000",
            "10.0.0.0/8/8",
            "10.0.0.0/255.0.0.0",
            "10.0.0.1/31",
            "10.0.0.1/0",
            "10.0.0/24",
            "fd00::/129",
            "fd00::/0064",
            "fd00::1/64",
            "fd00:0:0:1::/63",
            "fd00::/64%eth0")) {
      assertThat(IpPrefix.parse(text)).as(text).isEmpty();
    }
  }

  @Test
  void theSizeIsTheNumberOfItsAddresses() {
    assertThat(parse("10.0.0.0/24").size()).isEqualTo(256);
    assertThat(parse("10.0.0.9/32").size()).isEqualTo(1);
    assertThat(parse("0.0.0.0/0").size()).isEqualTo(1L << 32);
    assertThat(parse("fd00::/112").size()).isEqualTo(65536);
    assertThat(parse("fd00::/64").size()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void addressesAreNumberedFromTheBaseOn() {
    assertThat(parse("10.0.0.0/23").address(257)).hasToString("10.0.1.1");
    assertThat(parse("fd00:5::/64").address(1)).hasToString("fd00:5::1");
  }
}
