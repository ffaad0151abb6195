package jstack.manifest;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number of bytes; {@code 100m}, {@code 1.5g}, {@code 64MiB} and {@code 4096} are accepted, units
 * are powers of 1024.
 */
public record ByteSize(long bytes) implements Comparable<ByteSize> {
  private static final Pattern FORM =
      Pattern.compile(
          "([0-9]{1,19}(?:\\.[0-9]{1,9})?)([bkmgt]?)(?:i?b)?", Pattern.CASE_INSENSITIVE);
  private static final String UNITS = "bkmgt";

  public ByteSize {
    if (bytes < 0) {
      throw new IllegalArgumentException("must not be negative");
    }
  }

  /** Throws IllegalArgumentException with a message for the user. */
  public static ByteSize parse(String text) {
    Matcher matcher = FORM.matcher(text.strip());
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "not a size: " + text + "; write bytes or a number with b, k, m, g or t, such as 100m");
    }
    String unit = matcher.group(2).toLowerCase(Locale.ROOT);
    int power = unit.isEmpty() ? 0 : UNITS.indexOf(unit);
    BigDecimal value =
        new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(1L << (10 * power)));
    if (value.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
      throw new IllegalArgumentException("too large: " + text);
    }
    if (value.stripTrailingZeros().scale() > 0) {
      throw new IllegalArgumentException("not a whole number of bytes: " + text);
    }
    return new ByteSize(value.longValueExact());
  }

  @Override
  public int compareTo(ByteSize other) {
    return Long.compare(bytes, other.bytes);
  }

  /** The shortest exact form; inverse of {@link #parse}. */
  @Override
  public String toString() {
    int power = 0;
    long value = bytes;
    while (value != 0 && value % 1024 == 0 && power < UNITS.length() - 1) {
      value /= 1024;
      power++;
    }
    return value + (power == 0 ? "" : UNITS.substring(power, power + 1));
  }
}
