package jstack.manifest;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import jstack.diag.Suggestion;
import org.jspecify.annotations.Nullable;

/**
 * Whether the supervisor starts a container again that ended by itself; what a user stops stays
 * stopped.
 *
 * <pre>
 * restart: on-failure:3
 * </pre>
 *
 * @param most starts in a row; 0 is no limit
 * @param delay before each start; null is 100 ms, and twice as long each time, up to a minute
 * @param window how long a run has to last to be no failure, after which the count begins anew;
 *     null is 10 s
 */
public record RestartPolicy(
    When when, int most, @Nullable Duration delay, @Nullable Duration window) {
  public static final RestartPolicy NO = new RestartPolicy(When.NO, 0);

  /** At the usual pace. */
  public RestartPolicy(When when, int most) {
    this(when, most, null, null);
  }

  /** Whether the key {@code restart} can say it all. */
  public boolean isPlain() {
    return delay == null && window == null && (most == 0 || when == When.ON_FAILURE);
  }

  /** Whether both start a container again equally often. */
  public boolean isOftenAs(RestartPolicy other) {
    return when == other.when && most == other.most;
  }

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

  /** The inverse of {@link #parse}, for what is plain. */
  @Override
  public String toString() {
    return most == 0 ? when.toString() : when + ":" + most;
  }

  /** Throws IllegalArgumentException with a message for the user. */
  public static RestartPolicy parse(String text) {
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
