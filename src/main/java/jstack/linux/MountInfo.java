package jstack.linux;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One line of {@code /proc/PID/mountinfo}; see proc(5).
 *
 * @param superOptions of the file system, such as the controllers of a cgroup v1 hierarchy
 */
public record MountInfo(
    String root, String mountPoint, List<String> options, String type, List<String> superOptions) {

  /** Every line of the file; lines that are not understood are passed over. */
  public static List<MountInfo> parseAll(String text) {
    List<MountInfo> mounts = new ArrayList<>();
    text.lines().forEach(line -> parse(line).ifPresent(mounts::add));
    return mounts;
  }

  public static Optional<MountInfo> parse(String line) {
    int separator = line.indexOf(" - ");
    if (separator < 0) {
      return Optional.empty();
    }
    String[] left = line.substring(0, separator).split(" ", -1);
    String[] right = line.substring(separator + 3).split(" ", -1);
    if (left.length < 6 || right.length < 3) {
      return Optional.empty();
    }
    return Optional.of(
        new MountInfo(
            unescape(left[3]),
            unescape(left[4]),
            List.of(left[5].split(",", -1)),
            right[0],
            List.of(right[2].split(",", -1))));
  }

  /** Space, tab, newline and backslash stand as three octal digits behind a backslash. */
  private static String unescape(String text) {
    if (text.indexOf('\\') < 0) {
      return text;
    }
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == '\\' && i + 3 < text.length()) {
        out.append((char) Integer.parseInt(text, i + 1, i + 4, 8));
        i += 3;
      } else {
        out.append(text.charAt(i));
      }
    }
    return out.toString();
  }
}
