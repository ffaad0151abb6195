package jstack.linux;

import java.util.Arrays;
import java.util.Optional;

/** The kinds of limits of getrlimit(2), and how /proc/PID/limits calls them; see proc(5). */
public enum ResourceLimit {
  CPU(0, "Max cpu time"),
  FSIZE(1, "Max file size"),
  DATA(2, "Max data size"),
  STACK(3, "Max stack size"),
  CORE(4, "Max core file size"),
  RSS(5, "Max resident set"),
  NPROC(6, "Max processes"),
  NOFILE(7, "Max open files"),
  MEMLOCK(8, "Max locked memory"),
  AS(9, "Max address space"),
  LOCKS(10, "Max file locks"),
  SIGPENDING(11, "Max pending signals"),
  MSGQUEUE(12, "Max msgqueue size"),
  NICE(13, "Max nice priority"),
  RTPRIO(14, "Max realtime priority"),
  RTTIME(15, "Max realtime timeout");

  private final int number;
  private final String title;

  ResourceLimit(int number, String title) {
    this.number = number;
    this.title = title;
  }

  /** What a process has; unsigned, so that no limit is the largest. */
  public record Seen(long soft, long hard) {}

  /** By RLIMIT_*. */
  public static Optional<ResourceLimit> of(int number) {
    return Arrays.stream(values()).filter(limit -> limit.number == number).findFirst();
  }

  /** As a manifest has it. */
  public String key() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }

  /** Its line in the text of a limits file. */
  public Optional<Seen> find(String limits) {
    for (String line : limits.lines().toList()) {
      if (line.startsWith(title + " ")) {
        String[] words = line.substring(title.length()).strip().split("\\s+", -1);
        return words.length < 2
            ? Optional.empty()
            : Optional.of(new Seen(number(words[0]), number(words[1])));
      }
    }
    return Optional.empty();
  }

  private static long number(String word) {
    return word.equals("unlimited") ? -1 : Long.parseUnsignedLong(word);
  }

  public static String text(long limit) {
    return limit == -1 ? "unlimited" : Long.toUnsignedString(limit);
  }
}
