package jstack.diag;

import java.util.Collection;
import java.util.Locale;

/** The nearest of the words that would have been right. */
public final class Suggestion {
  private static final String BEFORE = ", did you mean \"";
  private static final String BEHIND = "\"?";

  private Suggestion() {}

  /** {@code , did you mean "x"?}, or nothing when no candidate is near. */
  public static String among(String wrong, Collection<String> candidates) {
    String best = "";
    int bestDistance = Integer.MAX_VALUE;
    for (String candidate : candidates) {
      int limit = candidate.length() < 5 ? 1 : Math.max(2, candidate.length() / 3);
      int distance = distance(wrong.toLowerCase(Locale.ROOT), candidate.toLowerCase(Locale.ROOT));
      if (distance <= limit && distance < candidate.length() && distance < bestDistance) {
        best = candidate;
        bestDistance = distance;
      }
    }
    return best.isEmpty() || wrong.equals(best) ? "" : of(best);
  }

  /** The words around the better one. */
  public static String of(String better) {
    return BEFORE + better + BEHIND;
  }

  /** The better word of a message that suggests one; empty for any other. */
  public static String in(String message) {
    int start = message.lastIndexOf(BEFORE);
    return start >= 0 && message.endsWith(BEHIND)
        ? message.substring(start + BEFORE.length(), message.length() - BEHIND.length())
        : "";
  }

  /** Edit distance in which swapping two neighbours is one edit. */
  static int distance(String a, String b) {
    if (Math.abs(a.length() - b.length()) > 16 || a.length() > 64) {
      return Integer.MAX_VALUE;
    }
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        d[i][j] = i == 0 || j == 0 ? i + j : cheapest(d, a, b, i, j);
      }
    }
    return d[a.length()][b.length()];
  }

  private static int cheapest(int[][] d, String a, String b, int i, int j) {
    int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
    int best = Math.min(d[i - 1][j] + 1, d[i][j - 1] + 1);
    best = Math.min(best, d[i - 1][j - 1] + change);
    boolean swapped =
        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
    return swapped ? Math.min(best, d[i - 2][j - 2] + 1) : best;
  }
}
