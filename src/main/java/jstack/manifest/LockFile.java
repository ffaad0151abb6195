package jstack.manifest;

import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import jstack.diag.Origin;
import jstack.diag.Problems;
import org.jspecify.annotations.Nullable;

/**
 * {@code jstack.lock}: which bytes each url of a manifest had when it was locked. One line a url,
 * sorted, so that a change is a change of one line.
 *
 * <pre>
 * # jstack.lock, written by jstack lock: the bytes that each url stands for
 * version 1
 * https://example.org/rootfs.tar.gz sha256:9f86... 1234567
 * </pre>
 */
public record LockFile(Map<String, Entry> entries, boolean isRequired) {
  /** None is there, and none is asked for. */
  public static final LockFile NONE = new LockFile(Map.of(), false);

  /** For the verb that is about to write one: what it will fetch is what will be pinned. */
  public static final LockFile BEING_WRITTEN =
      new LockFile(Map.of("", new Entry(new Sha256("0".repeat(64)), 0, Origin.NONE)), false);

  public static final String NAME = "jstack.lock";

  private static final String FIRST =
      "# jstack.lock, written by jstack lock: the bytes that each url stands for";
  private static final String VERSION = "version 1";
  private static final int LONGEST_SIZE = 18;

  /**
   * One url.
   *
   * @param size of the archive, bytes
   * @param origin the line of the lock; NONE of one that was not read from it
   */
  public record Entry(Sha256 sha256, long size, Origin origin) {}

  public LockFile {
    entries = java.util.Collections.unmodifiableMap(new TreeMap<>(entries));
  }

  /** The same, and a url that it does not have is an error. */
  public LockFile required() {
    return new LockFile(entries, true);
  }

  /** As it stands in the lock: without user and password, which are nobody's business there. */
  public static String key(URI url) {
    String user = url.getRawUserInfo();
    return user == null ? url.toString() : url.toString().replaceFirst("\\Q" + user + "@\\E", "");
  }

  /** By its content: the generated comparison of records costs a short-lived JVM too much. */
  public boolean isBeingWritten() {
    return entries.containsKey("");
  }

  /** What a url is pinned to. */
  public Optional<Entry> find(URI url) {
    return Optional.ofNullable(entries.get(key(url)));
  }

  /** Reads the text of a lock; everything that is wrong with it is said at its line. */
  public static LockFile parse(String text, String name, Problems problems) {
    Map<String, Entry> entries = new TreeMap<>();
    boolean version = false;
    int number = 0;
    for (String line : text.split("\n", -1)) {
      number++;
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      Origin origin = new Origin(name, number, 1, line.length(), "");
      if (!version) {
        version = true;
        if (!line.equals(VERSION)) {
          problems.error(
              origin,
              "lock-version",
              "is no lock of this version of jstack",
              "jstack lock --upgrade");
          return new LockFile(entries, false);
        }
        continue;
      }
      Entry entry = entry(line, origin, problems);
      if (entry == null) {
        continue;
      }
      Entry before = entries.put(line.substring(0, line.indexOf(' ')), entry);
      if (before != null) {
        problems.error(
            origin, "lock-twice", "the same url as in line " + before.origin().line(), HINT);
      }
    }
    if (!version) {
      problems.error(
          new Origin(name, 1, 1, 0, ""), "lock-version", "has no line `" + VERSION + "`", HINT);
    }
    return new LockFile(entries, false);
  }

  private static final String HINT = "jstack lock --upgrade writes it anew";

  private static @Nullable Entry entry(String line, Origin origin, Problems problems) {
    String[] words = line.split(" ", -1);
    if (words.length != 3 || !words[1].startsWith("sha256:")) {
      problems.error(origin, "lock-line", "is not `URL sha256:DIGEST SIZE`", HINT);
      return null;
    }
    if (words[0].indexOf(':') < 1) {
      problems.error(origin, "lock-line", "does not begin with a url", HINT);
      return null;
    }
    String size = words[2];
    boolean number =
        !size.isEmpty()
            && size.length() <= LONGEST_SIZE
            && size.chars().allMatch(c -> c >= '0' && c <= '9');
    if (!number) {
      problems.error(origin, "lock-line", "the size is no number of bytes", HINT);
      return null;
    }
    try {
      return new Entry(Sha256.parse(words[1]), Long.parseLong(size), origin);
    } catch (IllegalArgumentException e) {
      problems.error(origin, "lock-line", "the digest " + e.getMessage(), HINT);
      return null;
    }
  }

  /** Inverse of {@link #parse}. */
  @Override
  public String toString() {
    StringBuilder out = new StringBuilder(FIRST + "\n" + VERSION + "\n");
    entries.forEach(
        (url, entry) ->
            out.append(url)
                .append(" sha256:")
                .append(entry.sha256())
                .append(' ')
                .append(entry.size())
                .append('\n'));
    return out.toString();
  }
}
