package jstack.cli;

/** How many bytes, as exactly as a reader wants: three digits, in powers of 1024. */
final class Sizes {
  private static final String UNITS = "bkmgtpe";

  private Sizes() {}

  static String roughly(long bytes) {
    int power = 0;
    double value = bytes;
    while (value >= 1000 && power < UNITS.length() - 1) {
      value /= 1024;
      power++;
    }
    long tenths = Math.round(value * 10);
    boolean whole = power == 0 || tenths >= 100 || tenths % 10 == 0;
    return (whole ? Long.toString(Math.round(value)) : tenths / 10 + "." + tenths % 10)
        + UNITS.charAt(power);
  }
}
