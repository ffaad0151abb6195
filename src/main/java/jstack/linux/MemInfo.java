package jstack.linux;

/** What {@code /proc/meminfo} says of the machine's memory; see proc(5). */
public final class MemInfo {

  private MemInfo() {}

  /** All of it in bytes; 0 when the text does not say. */
  public static long total(String text) {
    return bytes(text, "MemTotal:");
  }

  /** What could still be swapped out in bytes; 0 when the text does not say. */
  public static long swapFree(String text) {
    return bytes(text, "SwapFree:");
  }

  private static long bytes(String text, String key) {
    int at = text.indexOf(key);
    int end = text.indexOf(" kB", Math.max(0, at));
    if (at < 0 || end < 0) {
      return 0;
    }
    try {
      return Long.parseLong(text.substring(at + key.length(), end).strip()) << 10;
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
