package jstack.manifest;

import org.jspecify.annotations.Nullable;

/** Some ports in a row; both ends included. */
public record PortRange(int first, int last) {
  public int size() {
    return last - first + 1;
  }

  /** {@code 80} or {@code 8000-8009}; null for anything else. */
  public static @Nullable PortRange parse(String text) {
    int dash = text.indexOf('-');
    int first = number(dash < 0 ? text : text.substring(0, dash));
    int last = dash < 0 ? first : number(text.substring(dash + 1));
    return first < 1 || last < first ? null : new PortRange(first, last);
  }

  private static int number(String text) {
    if (text.isEmpty() || text.length() > 5) {
      return -1;
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return -1;
      }
    }
    int number = Integer.parseInt(text);
    return number > 65535 ? -1 : number;
  }
}
