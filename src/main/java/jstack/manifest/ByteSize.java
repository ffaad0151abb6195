package jstack.manifest;

import java.math.BigDecimal;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A number of bytes; {@code 100m}, {@code 1.5g}, {@code 64MiB} and {@code 4096} are accepted, units
 * are powers of 1024.
 */
public record ByteSize(long bytes) implements Comparable<ByteSize> {
  private static final String UNITS = "bkmgt";

  public ByteSize {
    if (bytes < 0) {
      throw new IllegalArgumentException("must not be negative");
    }
  }

  /** Throws IllegalArgumentException with a message for the user. */
  public static ByteSize parse(String text) {
    String stripped = text.strip().toLowerCase(Locale.ROOT);
    int end = 0;
    int dots = 0;
    while (end < stripped.length() && "0123456789.".indexOf(stripped.charAt(end)) >= 0) {
      dots += stripped.charAt(end) == '.' ? 1 : 0;
      end++;
    }
    int power = power(stripped.substring(end));
    boolean number = end > dots && dots <= 1 && stripped.charAt(end - 1) != '.';
    if (!number || power < 0 || stripped.charAt(0) == '.') {
      throw new IllegalArgumentException(
          "not a size: "
              + (stripped.isEmpty() ? '"' + text + '"' : text)
              + "; write bytes or a number with b, k, m, g or t, such as 100m");
    }
    if (end > 30) {
      throw new IllegalArgumentException("too large: " + text);
    }
    if (dots == 0 && end <= 9 && power <= 3) {
      return new ByteSize(Long.parseLong(stripped.substring(0, end)) << (10 * power));
    }
    BigDecimal value =
        new BigDecimal(stripped.substring(0, end)).multiply(BigDecimal.valueOf(1L << (10 * power)));
    if (value.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
      throw new IllegalArgumentException("too large: " + text);
    }
    if (value.stripTrailingZeros().scale() > 0) {
      throw new IllegalArgumentException("not a whole number of bytes: " + text);
    }
    return new ByteSize(value.longValueExact());
  }

  /** Of a unit in lower case: {@code ""}, b, k, kb, kib and so on; -1 for anything else. */
  private static int power(String unit) {
    if (unit.length() < 2) {
      return unit.isEmpty() ? 0 : UNITS.indexOf(unit);
    }
    boolean bytes = unit.substring(1).equals("b") || unit.substring(1).equals("ib");
    return bytes && unit.charAt(0) != 'b' ? UNITS.indexOf(unit.charAt(0)) : -1;
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

  /** By hand, because the generated one costs a short-lived JVM 15 ms at its first call. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ByteSize that && bytes == that.bytes;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(bytes);
  }
}
