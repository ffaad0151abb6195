package jstack.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
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

  @Property
  void quotedWordsAreSplitIntoThemselves(
      @ForAll @Size(max = 5)
          List<@StringLength(max = 6) @Chars({'a', ' ', '\'', '"', '\\', '$', '\n', '\t'}) String>
              words) {
    StringBuilder singles = new StringBuilder();
    StringBuilder doubles = new StringBuilder();
    for (String word : words) {
      singles.append(" '").append(word.replace("'", "'\\''")).append("' ");
      String escaped = word.replace("\\", "\\\\").replace("\"", "\\\"").replace("$", "\\$");
      doubles.append(" \"").append(escaped).append("\"\n");
    }
    assertThat(ShellWords.split(singles.toString())).isEqualTo(words);
    assertThat(ShellWords.split(doubles.toString())).isEqualTo(words);
  }

  @Example
  void wordsAreSplitAsAShellDoes() {
    assertThat(ShellWords.split("a  b\\ c d\\\n e \"f 'g'\"h '' \"\\x\""))
        .containsExactly("a", "b c", "d", "e", "f 'g'h", "", "\\x");
    assertThat(ShellWords.split(" \\\n ")).isEmpty();
    assertThatThrownBy(() -> ShellWords.split("a 'b")).hasMessageContaining("never closed");
    assertThatThrownBy(() -> ShellWords.split("a\\")).hasMessageContaining("backslash");
  }

  @Property
  void theEditDistanceIsThatOfTheDefinition(
      @ForAll @CharRange(from = 'a', to = 'c') @StringLength(max = 5) String a,
      @ForAll @CharRange(from = 'a', to = 'c') @StringLength(max = 5) String b) {
    assertThat(Suggestion.distance(a, b)).isEqualTo(slowDistance(a, b));
  }

  private static int slowDistance(String a, String b) {
    if (a.isEmpty() || b.isEmpty()) {
      return a.length() + b.length();
    }
    List<Integer> ways = new ArrayList<>();
    ways.add(slowDistance(a.substring(1), b) + 1);
    ways.add(slowDistance(a, b.substring(1)) + 1);
    ways.add(slowDistance(a.substring(1), b.substring(1)) + (a.charAt(0) == b.charAt(0) ? 0 : 1));
    if (a.length() > 1
        && b.length() > 1
        && a.charAt(0) == b.charAt(1)
        && a.charAt(1) == b.charAt(0)) {
      ways.add(slowDistance(a.substring(2), b.substring(2)) + 1);
    }
    return ways.stream().min(Integer::compare).orElseThrow();
  }

  @Example
  void scalarsAreThoseOfTheCoreSchema() {
    assertKind(CoreSchema.NULL, "", "~", "null", "Null", "NULL");
    assertKind(CoreSchema.BOOLEAN, "true", "True", "TRUE", "false", "False", "FALSE");
    assertKind(CoreSchema.INTEGER, "0", "-5", "+5", "12345678901234567890");
    assertKind(CoreSchema.FLOAT, "1.5", "1.10", "1e3", "-1.5E-3", ".5", "5.", "0.5");
    assertKind(
        CoreSchema.STRING,
        "no",
        "yes",
        "on",
        "y",
        "22:22",
        "1:30:00",
        "0755",
        "0o755",
        "08",
        "0x1f",
        "1_000",
        "2001-12-14",
        "-",
        "+",
        ".",
        "e",
        "1e",
        "1e+",
        "--1",
        "1.2.3",
        ".inf",
        "tRue",
        "nil");
  }

  private static void assertKind(CoreSchema kind, String... texts) {
    for (String text : texts) {
      assertThat(CoreSchema.of(text)).as(text).isEqualTo(kind);
    }
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
