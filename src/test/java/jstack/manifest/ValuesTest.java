package jstack.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.StringLength;

class ValuesTest {
  @Property
  void aSizeReadsBackWhatItPrints(
      @ForAll @LongRange(min = 0) long bytes, @ForAll @IntRange(max = 62) int shift) {
    ByteSize size = new ByteSize(bytes >> shift << Math.min(shift, 40) & Long.MAX_VALUE);
    assertThat(ByteSize.parse(size.toString())).isEqualTo(size);
  }

  @Property
  void theUnitsOfASizeArePowersOf1024(
      @ForAll @IntRange(max = 9999) int number, @ForAll @IntRange(max = 4) int power) {
    String unit = List.of("", "k", "m", "g", "t").get(power);
    long bytes = number * Math.round(Math.pow(1024, power));
    for (String form : unit.isEmpty() ? List.of("", "b", "B") : List.of("", "b", "iB", "ib")) {
      assertThat(ByteSize.parse(number + unit + form).bytes()).isEqualTo(bytes);
      assertThat(ByteSize.parse(number + unit.toUpperCase() + form).bytes()).isEqualTo(bytes);
    }
  }

  @Example
  void whatIsNoSizeIsRefused() {
    for (String text :
        List.of(
            "",
            "m",
            "-1",
            "+1",
            "1 m",
            "1.",
            ".5",
            "1.2.3m",
            "1e3",
            "64x",
            "1mm",
            "1bb",
            "1bib",
            "1ib",
            "0x10",
            "∞",
            "1.0000000001k",
            "9999999999999g",
            "8388608t",
            "1k2",
            "kb")) {
      assertThatThrownBy(() -> ByteSize.parse(text))
          .as(text)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(ByteSize.parse("1.5g").bytes()).isEqualTo(1610612736L);
    assertThat(ByteSize.parse("8388607t").bytes()).isPositive();
  }

  @Property
  void aDurationReadsBackWhatItPrints(@ForAll @LongRange(min = 0, max = 1L << 55) long nanos) {
    Duration duration = Duration.ofNanos(nanos);
    assertThat(Durations.parse(Durations.toString(duration))).isEqualTo(duration);
  }

  @Example
  void durationsAreComposes() {
    assertThat(Durations.parse("1m30s")).isEqualTo(Duration.ofSeconds(90));
    assertThat(Durations.parse("500ms")).isEqualTo(Duration.ofMillis(500));
    assertThat(Durations.parse("1.5h")).isEqualTo(Duration.ofMinutes(90));
    assertThat(Durations.parse("0s")).isZero();
    for (String text :
        List.of(
            "",
            "5",
            "1y",
            "s",
            "1s1m",
            "1s1s",
            "-1s",
            "1 s",
            "1.2.3s",
            ".s",
            "1h 1m",
            "9999999999h",
            "0.5ns")) {
      assertThatThrownBy(() -> Durations.parse(text))
          .as(text)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Property
  void aContainerPathReadsBackWhatItPrints(
      @ForAll @Chars({'/', '.', 'a', 'b', ' '}) @StringLength(max = 12) String tail) {
    boolean climbs = List.of(("/" + tail).split("/")).contains("..");
    if (climbs) {
      assertThatThrownBy(() -> new ContainerPath("/" + tail)).hasMessageContaining("..");
      return;
    }
    ContainerPath path = new ContainerPath("/" + tail);
    assertThat(new ContainerPath(path.toString())).isEqualTo(path).hasSameHashCodeAs(path);
    assertThat(path.value()).startsWith("/").doesNotContain("//", "/./");
    assertThat(path.value().equals("/") || !path.value().endsWith("/")).isTrue();
  }

  @Example
  void aPathIsWithinAnotherOnlyAtASlash() {
    assertThat(new ContainerPath("/proc/x").isWithin(new ContainerPath("/proc"))).isTrue();
    assertThat(new ContainerPath("/process").isWithin(new ContainerPath("/proc"))).isFalse();
    assertThat(new ContainerPath("/a").isWithin(ContainerPath.ROOT)).isTrue();
  }

  @Example
  void aDigestHas64Digits() {
    String digits = "0123456789abcdef".repeat(4);
    assertThat(Sha256.parse(digits.toUpperCase()).toString()).isEqualTo(digits);
    assertThat(Sha256.parse("sha256:" + digits)).isEqualTo(new Sha256(digits));
    for (String text :
        List.of("", "abc", digits + "0", digits.substring(1) + "g", "md5:" + digits)) {
      assertThatThrownBy(() -> Sha256.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
