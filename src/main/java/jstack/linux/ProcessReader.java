package jstack.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What {@code ps} would say of processes, from proc(5) alone. */
public final class ProcessReader {
  /** USER_HZ: what times in /proc are counted in, whatever the kernel's own clock. */
  private static final long TICKS = 100;

  private final Path proc;
  private final long bootSecond;

  /**
   * One process.
   *
   * @param pid as the host numbers it
   * @param uid as the host numbers it
   * @param cpuTime user and system
   * @param command its words; of a process without any, such as a zombie, its name in brackets
   */
  public record Line(long pid, long uid, Instant started, Duration cpuTime, List<String> command) {}

  /**
   * @param proc normally /proc
   */
  public ProcessReader(Path proc) {
    this.proc = proc;
    this.bootSecond = number(lineOf(text(proc.resolve("stat")), "btime "));
  }

  /** The numbers of all processes of a cgroup and of those below it, sorted. */
  public static List<Long> members(Path cgroup) {
    List<Long> pids = new ArrayList<>();
    collect(cgroup, pids);
    pids.sort(null);
    return pids;
  }

  private static void collect(Path cgroup, List<Long> pids) {
    text(cgroup.resolve("cgroup.procs")).lines().map(ProcessReader::number).forEach(pids::add);
    try (DirectoryStream<Path> below = Files.newDirectoryStream(cgroup, Files::isDirectory)) {
      below.forEach(directory -> collect(directory, pids));
    } catch (IOException e) {
      return; // It has ended meanwhile.
    }
  }

  /** Empty when it has ended meanwhile. */
  public Optional<Line> read(long pid) {
    Path directory = proc.resolve(Long.toString(pid));
    String stat = text(directory.resolve("stat"));
    String uids = lineOf(text(directory.resolve("status")), "Uid:");
    Optional<ProcStat> parsed = ProcStat.parse(stat);
    if (parsed.isEmpty() || uids.isBlank()) {
      return Optional.empty();
    }
    List<String> command = words(text(directory.resolve("cmdline")));
    if (command.isEmpty()) {
      command = List.of("[" + stat.substring(stat.indexOf('(') + 1, stat.lastIndexOf(')')) + "]");
    }
    long sinceBoot = parsed.get().startTime() * (1000 / TICKS);
    return Optional.of(
        new Line(
            pid,
            number(uids.strip().split("\\s+", -1)[1]),
            Instant.ofEpochSecond(bootSecond).plusMillis(sinceBoot),
            Duration.ofMillis(parsed.get().cpuTicks() * (1000 / TICKS)),
            command));
  }

  private static List<String> words(String commandLine) {
    List<String> words = new ArrayList<>();
    int at = 0;
    for (int end = commandLine.indexOf('\0'); end >= 0; end = commandLine.indexOf('\0', at)) {
      words.add(commandLine.substring(at, end));
      at = end + 1;
    }
    if (at < commandLine.length()) {
      words.add(commandLine.substring(at));
    }
    return words;
  }

  private static String lineOf(String text, String key) {
    return text.lines()
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(key.length()))
        .findFirst()
        .orElse("");
  }

  private static long number(String text) {
    try {
      return Long.parseLong(text.strip());
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /** A command line may hold any bytes; most are UTF-8. */
  private static String text(Path file) {
    return SmallFile.text(file.toString(), StandardCharsets.UTF_8);
  }
}
