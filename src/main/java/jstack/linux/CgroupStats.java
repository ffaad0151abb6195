package jstack.linux;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel has counted for one container, in v1's files or v2's; see cgroups(7) and the
 * kernel's cgroup-v2.rst. A number is {@link #UNKNOWN} where no controller counts it.
 *
 * @param pids how many processes and threads there are
 */
public record CgroupStats(Cpu cpu, Memory memory, Io io, long pids) {
  public static final long UNKNOWN = -1;

  /** v1 says "no limit" with the largest number of whole pages. */
  private static final long NO_LIMIT = 1L << 60;

  /**
   * Time.
   *
   * @param usedNanos the time of all its processes, those that ended too
   * @param throttledPeriods in how many periods it had to wait for its next share
   * @param throttledNanos how long it waited altogether
   */
  public record Cpu(long usedNanos, long throttledPeriods, long throttledNanos) {}

  /**
   * Bytes.
   *
   * @param used page cache and all
   * @param limit UNKNOWN when there is none
   */
  public record Memory(long used, long limit, long peak) {}

  /** Bytes of block devices. */
  public record Io(long read, long written) {}

  /**
   * Reads it all.
   *
   * @param directories the container's cgroup in each hierarchy, in any order
   */
  public static CgroupStats read(List<Path> directories) {
    String current = first(directories, "memory.current", "memory.usage_in_bytes");
    Memory memory =
        new Memory(
            number(current),
            limit(first(directories, "memory.max", "memory.limit_in_bytes")),
            number(first(directories, "memory.peak", "memory.max_usage_in_bytes")));
    return new CgroupStats(
        cpu(directories), memory, io(directories), number(first(directories, "pids.current")));
  }

  /**
   * How many bytes a v2 cgroup holds that the kernel can neither drop nor swap out; 0 when they may
   * be swapped out.
   */
  public static long unreclaimable(Path directory) {
    if (!text(directory, "memory.swap.max").strip().equals("0")) {
      return 0;
    }
    String stat = text(directory, "memory.stat");
    return Math.max(0, value(stat, "anon")) + Math.max(0, value(stat, "shmem"));
  }

  /** The time on all CPUs so far, alone: what a sample needs. */
  public static long cpuNanos(List<Path> directories) {
    String v1 = first(directories, "cpuacct.usage");
    if (!v1.isEmpty()) {
      return number(v1);
    }
    for (Path directory : directories) {
      long micros = value(text(directory, "cpu.stat"), "usage_usec");
      if (micros != UNKNOWN) {
        return micros * 1000;
      }
    }
    return UNKNOWN;
  }

  /** On hybrid machines the v2 tree has a cpu.stat, too, which knows nothing of limits. */
  private static Cpu cpu(List<Path> directories) {
    long used = cpuNanos(directories);
    for (Path directory : directories) {
      String stat = text(directory, "cpu.stat");
      long periods = value(stat, "nr_throttled");
      if (periods != UNKNOWN) {
        long nanos = value(stat, "throttled_time");
        long micros = value(stat, "throttled_usec");
        return new Cpu(
            used, periods, nanos == UNKNOWN && micros != UNKNOWN ? micros * 1000 : nanos);
      }
    }
    return new Cpu(used, UNKNOWN, UNKNOWN);
  }

  private static Io io(List<Path> directories) {
    for (Path directory : directories) {
      String v2 = textOrNull(directory, "io.stat");
      if (v2 != null) {
        return new Io(sum(v2, "rbytes="), sum(v2, "wbytes="));
      }
      String v1 = textOrNull(directory, "blkio.throttle.io_service_bytes_recursive");
      if (v1 != null) {
        return new Io(sum(v1, "Read "), sum(v1, "Write "));
      }
    }
    return new Io(UNKNOWN, UNKNOWN);
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

  private static String first(List<Path> directories, String... names) {
    for (Path directory : directories) {
      for (String name : names) {
        String text = text(directory, name);
        if (!text.isEmpty()) {
          return text;
        }
      }
    }
    return "";
  }

  private static String text(Path directory, String name) {
    String text = textOrNull(directory, name);
    return text == null ? "" : text;
  }

  private static @Nullable String textOrNull(Path directory, String name) {
    Path file = directory.resolve(name);
    if (!file.toFile().exists()) {
      return null; // An exception for each would cost more than all the reading.
    }
    try (FileInputStream in = new FileInputStream(file.toFile())) {
      return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return null; // It has ended meanwhile.
    }
  }
}
