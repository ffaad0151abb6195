package jstack.linux;

/** What {@code /proc/meminfo} says of the machine's memory; see proc(5). */
public final class MemInfo {
  private static final String TOTAL = "MemTotal:";

  private MemInfo() {}

  /** All of it in bytes; 0 when the text does not say. */
  public static long total(String text) {
    int at = text.indexOf(TOTAL);
    int end = text.indexOf(" kB", Math.max(0, at));
    if (at < 0 || end < 0) {
      return 0;
    }
    try {
      return Long.parseLong(text.substring(at + TOTAL.length(), end).strip()) << 10;
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
