package jstack.program;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a kernel file that holds a limit: how it reads to a user, when two texts of it
 * mean the same, and what it says when nothing is limited. See the kernel's cgroup-v1 and cgroup-v2
 * pages.
 *
 * @param key of the manifest, below {@code cgroup}
 * @param unlimited null when the file then says what the cgroup above says
 */
record CgroupFile(String name, String key, Kind kind, @Nullable String unlimited) {
  /** How the text of a file is made. */
  enum Kind {
    BYTES,
    /** Bytes of memory and swap together. */
    TOTAL,
    NUMBER,
    /** Shares of v1: 1024 are a weight of 100. */
    SHARES,
    /** Processor time: a quota, or a quota and a period. */
    TIME,
    INDEXES,
    /** A weight behind the word default. */
    WEIGHT,
    /** A line for each disk, a bare number. */
    DISK,
    /** A line for each disk, words with numbers. */
    DISK_WORDS
  }

  /** The kernel rounds sizes down to whole pages; jstack knows x86-64 alone. */
  private static final long PAGE = 4096;

  /** Above it is no limit: v1 prints the largest number of whole pages. */
  private static final long NO_LIMIT = 1L << 62;

  private static final Map<String, CgroupFile> FILES = new HashMap<>();

  static {
    add("memory.limit_in_bytes", "memory.max", Kind.BYTES, "-1");
    add("memory.memsw.limit_in_bytes", "memory.swap_max", Kind.TOTAL, "-1");
    add("memory.soft_limit_in_bytes", "memory.low", Kind.BYTES, "-1");
    add("memory.swappiness", "memory.swappiness", Kind.NUMBER, null);
    add("cpu.cfs_period_us", "cpu.max", Kind.TIME, "100000");
    add("cpu.cfs_quota_us", "cpu.max", Kind.TIME, "-1");
    add("cpu.cfs_burst_us", "cpu.burst", Kind.NUMBER, "0");
    add("cpu.shares", "cpu.weight", Kind.SHARES, "1024");
    add("cpu.idle", "cpu.idle", Kind.NUMBER, "0");
    add("pids.max", "pids.max", Kind.NUMBER, "max");
    add("blkio.bfq.weight", "io.weight", Kind.NUMBER, "100");
    for (String what : List.of("read_bps", "write_bps", "read_iops", "write_iops")) {
      String word = what.charAt(0) + what.substring(what.indexOf('_') + 1);
      add("blkio.throttle." + what + "_device", "io.max." + word, Kind.DISK, "0");
    }
    add("memory.max", "memory.max", Kind.BYTES, "max");
    add("memory.high", "memory.high", Kind.BYTES, "max");
    add("memory.low", "memory.low", Kind.BYTES, "0");
    add("memory.min", "memory.min", Kind.BYTES, "0");
    add("memory.swap.max", "memory.swap_max", Kind.BYTES, "max");
    add("memory.oom.group", "memory.oom_group", Kind.NUMBER, "0");
    add("cpu.max", "cpu.max", Kind.TIME, "max 100000");
    add("cpu.max.burst", "cpu.burst", Kind.NUMBER, "0");
    add("cpu.weight", "cpu.weight", Kind.NUMBER, "100");
    add("cpuset.cpus", "cpuset.cpus", Kind.INDEXES, null);
    add("cpuset.mems", "cpuset.mems", Kind.INDEXES, null);
    add("io.weight", "io.weight", Kind.WEIGHT, "default 100");
    add("io.max", "io.max", Kind.DISK_WORDS, "rbps=max wbps=max riops=max wiops=max");
  }

  private static void add(String name, String key, Kind kind, @Nullable String unlimited) {
    FILES.put(name, new CgroupFile(name, key, kind, unlimited));
  }

  /** Empty for a file that only {@code unified} knows. */
  static Optional<CgroupFile> of(String name) {
    return Optional.ofNullable(FILES.get(name));
  }

  /** Whether one of the keys is written to it; a memory limit moves that of swap, too. */
  boolean isOf(Set<String> keys) {
    return keys.contains(key) || (key.equals("memory.swap_max") && keys.contains("memory.max"));
  }

  /** Whether the file has a line for each disk, so that a text is about one of them. */
  boolean isOfDisks() {
    return kind == Kind.DISK || kind == Kind.DISK_WORDS;
  }

  /**
   * Whether the kernel holds what a text asks for.
   *
   * @param seen the whole file
   */
  boolean holds(String text, String seen) {
    return switch (kind) {
      case BYTES, TOTAL -> holdsBytes(number(text), number(seen));
      case WEIGHT -> seen.lines().anyMatch(text::equals);
      case DISK, DISK_WORDS -> lineOf(text, seen).equals(text);
      default -> seen.strip().equals(text);
    };
  }

  /**
   * The text that makes the kernel say again what it said.
   *
   * @param text written meanwhile
   */
  String again(String text, String seen) {
    return switch (kind) {
      case WEIGHT ->
          seen.lines().filter(line -> line.startsWith("default ")).findFirst().orElse(seen.strip());
      case DISK, DISK_WORDS -> lineOf(text, seen);
      default -> seen.strip();
    };
  }

  /** The line of the disk that a text is about. */
  private String lineOf(String text, String seen) {
    String disk = text.substring(0, text.indexOf(' ') + 1);
    return seen.lines().filter(line -> line.startsWith(disk)).findFirst().orElse(disk + unlimited);
  }

  private static boolean holdsBytes(long wanted, long seen) {
    return wanted == seen
        || (wanted >= NO_LIMIT && seen >= NO_LIMIT)
        || wanted - wanted % PAGE == seen;
  }

  /** Of {@code max} or {@code -1}: more than anything. */
  static long number(String text) {
    try {
      long number = Long.parseLong(text.strip());
      return number < 0 ? Long.MAX_VALUE : number;
    } catch (NumberFormatException e) {
      return Long.MAX_VALUE;
    }
  }

  static boolean isUnlimited(long number) {
    return number >= NO_LIMIT;
  }
}
