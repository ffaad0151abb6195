package jstack.linux;

import java.io.File;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@link CgroupStats} of many containers. All have their cgroups in the same hierarchies and
 * in the same order, so where a file was found for one it is looked for first for the next: a
 * search through all of them for each file costs more than the reading.
 */
public final class CgroupReader {
  private static final long UNKNOWN = CgroupStats.UNKNOWN;

  /** v1 says "no limit" with the largest number of whole pages. */
  private static final long NO_LIMIT = 1L << 60;

  /** A file as one of the hierarchies has it. */
  private record Found(int directory, String name) {}

  private final Map<String, Found> found = new HashMap<>();

  /**
   * What the kernel has counted for one container.
   *
   * @param directories the container's cgroup in each hierarchy, in any order
   */
  public CgroupStats read(List<Path> directories) {
    CgroupStats.Memory memory =
        new CgroupStats.Memory(
            number(first(directories, "memory.current", "memory.usage_in_bytes")),
            limit(first(directories, "memory.max", "memory.limit_in_bytes")),
            number(first(directories, "memory.peak", "memory.max_usage_in_bytes")));
    long pids = number(first(directories, "pids.current"));
    return new CgroupStats(cpu(directories), memory, io(directories), pids);
  }

  /** The time on all CPUs so far, alone: what a sample needs. */
  public long cpuNanos(List<Path> directories) {
    String v1 = first(directories, "cpuacct.usage");
    if (!v1.isEmpty()) {
      return number(v1);
    }
    long micros = value(stat(directories, "usage_usec"), "usage_usec");
    return micros == UNKNOWN ? UNKNOWN : micros * 1000;
  }

  /** On hybrid machines the v2 tree has a cpu.stat, too, which knows nothing of limits. */
  private CgroupStats.Cpu cpu(List<Path> directories) {
    long used = cpuNanos(directories);
    String stat = stat(directories, "nr_throttled");
    long nanos = value(stat, "throttled_time");
    long micros = value(stat, "throttled_usec");
    return new CgroupStats.Cpu(
        used,
        value(stat, "nr_throttled"),
        nanos == UNKNOWN && micros != UNKNOWN ? micros * 1000 : nanos);
  }

  private CgroupStats.Io io(List<Path> directories) {
    String text = first(directories, "io.stat", "blkio.throttle.io_service_bytes_recursive");
    if (text.isEmpty()) {
      // v2 has no line for a disk that nobody used.
      boolean counted = false;
      for (Path directory : directories) {
        counted |= new File(directory + "/io.stat").exists();
      }
      long none = counted ? 0 : UNKNOWN;
      return new CgroupStats.Io(none, none);
    }
    return text.contains("rbytes=")
        ? new CgroupStats.Io(sum(text, "rbytes="), sum(text, "wbytes="))
        : new CgroupStats.Io(sum(text, "Read "), sum(text, "Write "));
  }

  /** The cpu.stat that has a line. */
  private String stat(List<Path> directories, String key) {
    String text = search(directories, key, t -> value(t, key), "cpu.stat");
    return Objects.requireNonNullElse(text, "");
  }

  private String first(List<Path> directories, String... names) {
    String text = search(directories, names[0], t -> t.isEmpty() ? UNKNOWN : 0, names);
    return Objects.requireNonNullElse(text, "");
  }

  /**
   * The text of the first file that is one of those.
   *
   * @param suits gives UNKNOWN for a text that is not the one
   */
  private @Nullable String search(
      List<Path> directories, String what, ToLongFunction<String> suits, String... names) {
    Found known = found.get(what);
    if (known != null && known.directory() < directories.size()) {
      String text = text(directories.get(known.directory()), known.name());
      if (suits.applyAsLong(text) != UNKNOWN) {
        return text;
      }
    }
    for (int i = 0; i < directories.size(); i++) {
      for (String name : names) {
        String text = text(directories.get(i), name);
        if (suits.applyAsLong(text) != UNKNOWN) {
          found.put(what, new Found(i, name));
          return text;
        }
      }
    }
    return null;
  }

  /** Of {@code 8:0 rbytes=4096 wbytes=0} or {@code 8:0 Read 4096}: the numbers behind a word. */
  private static long sum(String text, String word) {
    long sum = 0;
    String before = " " + word;
    for (int at = text.indexOf(before); at >= 0; at = text.indexOf(before, at + 1)) {
      long number = digits(text, at + before.length());
      sum += number == UNKNOWN ? 0 : number;
    }
    return sum;
  }

  /** Of lines of {@code key value}. */
  private static long value(String text, String key) {
    int at = text.startsWith(key + " ") ? 0 : text.indexOf("\n" + key + " ") + 1;
    boolean found = at > 0 || text.startsWith(key + " ");
    return found ? digits(text, at + key.length() + 1) : UNKNOWN;
  }

  private static long digits(String text, int from) {
    int end = from;
    while (end < text.length() && Character.isDigit(text.charAt(end))) {
      end++;
    }
    return number(text.substring(from, end));
  }

  private static long number(String text) {
    try {
      return Long.parseLong(text.strip());
    } catch (NumberFormatException e) {
      return UNKNOWN;
    }
  }

  private static long limit(String text) {
    long number = number(text);
    return number >= NO_LIMIT ? UNKNOWN : number;
  }

  private static String text(Path directory, String name) {
    return SmallFile.text(directory + "/" + name);
  }

  /** How many bytes a v2 cgroup holds that the kernel cannot drop, but only swap out. */
  public static long undroppable(Path directory) {
    String stat = text(directory, "memory.stat");
    return Math.max(0, value(stat, "anon")) + Math.max(0, value(stat, "shmem"));
  }

  /** How many bytes a v2 cgroup may still swap out as it is now. */
  public static long swapLeft(Path directory) {
    String limit = text(directory, "memory.swap.max");
    if (limit.isEmpty()) {
      return 0;
    }
    long most = number(limit);
    return most == UNKNOWN ? Long.MAX_VALUE : most;
  }
}
