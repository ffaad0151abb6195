package jstack.manifest;

import java.util.List;
import java.util.Locale;

/**
 * Whether the supervisor starts a container again that ended by itself; what a user stops stays
 * stopped.
 *
 * <pre>
 * restart: on-failure:3
 * </pre>
 *
 * @param most starts in a row, of {@code on-failure} alone; 0 is no limit
 */
public record RestartPolicy(When when, int most) {
  public static final RestartPolicy NO = new RestartPolicy(When.NO, 0);

  /** Compose's words. Without a daemon, the last two are the same. */
  public enum When {
    NO,
    ON_FAILURE,
    ALWAYS,
    UNLESS_STOPPED;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  static final List<String> WORDS = List.of("no", "always", "on-failure", "unless-stopped");

  /** The inverse is {@link #parse}. */
  @Override
  public String toString() {
    return most == 0 ? when.toString() : when + ":" + most;
  }

  /** Throws IllegalArgumentException with a message for the user. */
  static RestartPolicy parse(String text) {
    int colon = text.indexOf(':');
    String word = colon < 0 ? text : text.substring(0, colon);
    if (!WORDS.contains(word)) {
      String all = String.join(", ", WORDS);
      throw new IllegalArgumentException(
          "\"" + text + "\" is not one of " + all + Suggestion.among(word, WORDS));
    }
    When when = When.valueOf(word.toUpperCase(Locale.ROOT).replace('-', '_'));
    if (colon < 0) {
      return new RestartPolicy(when, 0);
    }
    if (when != When.ON_FAILURE) {
      throw new IllegalArgumentException("only on-failure takes a number: " + text);
    }
    return new RestartPolicy(when, count(text.substring(colon + 1), text));
  }

  private static int count(String digits, String text) {
    boolean number = !digits.isEmpty() && digits.length() < 8;
    for (int i = 0; i < digits.length(); i++) {
      number &= digits.charAt(i) >= '0' && digits.charAt(i) <= '9';
    }
    int count = number ? Integer.parseInt(digits) : 0;
    if (count == 0) {
      throw new IllegalArgumentException(
          "\"" + text + "\" needs a number of starts from 1, such as on-failure:3");
    }
    return count;
  }
}
