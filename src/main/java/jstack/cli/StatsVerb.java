package jstack.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import jstack.linux.CgroupReader;
import jstack.linux.CgroupStats;
import jstack.linux.MemInfo;
import jstack.manifest.Sharing;
import jstack.manifest.load.LoadRequest;
import jstack.state.ContainerCgroups;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.Status;

final class StatsVerb implements Verb {
  /** Between the two samples that a share of CPU time on a terminal is of. */
  private static final long REDRAW_MILLIS = 1000;

  private static final long UNKNOWN = CgroupStats.UNKNOWN;
  private final CgroupReader reader = new CgroupReader();
  private final ManifestOptions options = new ManifestOptions();
  private boolean noStream;
  private String format = "table";
  private List<String> words = List.of();

  /** One look at the clock of a container. */
  private record Sample(ContainerId id, long pid, List<Path> cgroups, long cpuNanos, long at) {}

  /**
   * A line of the output.
   *
   * @param cpuTenths of a percent of one CPU
   */
  private record Row(ContainerId id, long pid, long cpuTenths, CgroupStats stats) {}

  @Override
  public void usage(Usage usage) {
    usage
        .about(
            "Show what containers use: CPU, memory (page cache and all), processes, bytes of"
                + " disks.",
            "Again each second on a terminal, with the CPU time of that second; once otherwise,"
                + " with the average since the container started. 100 %% is one CPU; without a"
                + " limit of its own a container's memory is compared with the machine's.")
        .with(options)
        .flag("--no-stream", "Once, on a terminal too.", on -> noStream = on)
        .text("--format", "FORMAT", "table or json", value -> format = value)
        .words("SERVICE", list -> words = list);
  }

  @Override
  public int run(Console console) throws IOException, InterruptedException {
    List<String> services = options.takeManifest(console, words);
    boolean json = Formats.isJson(format);
    boolean live = console.stdoutIsTerminal() && !noStream;
    Session session = new Session(console, options, LoadRequest.Purpose.STOP);
    long total =
        MemInfo.total(Files.readString(Path.of("/proc/meminfo"), StandardCharsets.US_ASCII));
    // The first look waits for nothing: since its start each has used what it has used.
    List<Sample> before = sample(session, services, true);
    while (true) {
      List<Row> rows = rows(before);
      String text = json ? json(rows, total) : table(rows, total);
      if (!live) {
        console.out().print(text);
        return ExitCode.DONE;
      }
      console.out().print(json ? text : screen(text));
      if (console.out().checkError()) {
        return ExitCode.FAILED;
      }
      before = sample(session, services, false);
      Thread.sleep(REDRAW_MILLIS);
    }
  }

  /**
   * Over what stood there before: home, each line to its end, and nothing below; console_codes(4).
   */
  private static String screen(String text) {
    return "\033[H" + text.replace("\n", "\033[K\n") + "\033[J";
  }

  /** All containers, then the wait, then all again: never a wait for each. */
  private List<Sample> sample(Session session, List<String> services, boolean sinceStart) {
    List<Sample> samples = new ArrayList<>();
    for (ObservedContainer container : session.select(session.observed(), services)) {
      if (container.state().hasProcess() && !Sharing.isHolder(container.id().service())) {
        List<Path> cgroups = ContainerCgroups.directories(container.encodedProgram());
        long age = sinceStart ? age(container) : 0;
        long used = sinceStart ? (age > 0 ? 0 : UNKNOWN) : reader.cpuNanos(cgroups);
        long at = System.nanoTime() - age;
        samples.add(new Sample(container.id(), container.pid(), cgroups, used, at));
      }
    }
    return samples;
  }

  /** Nanoseconds since its command runs; 0 when nobody noted it. */
  private static long age(ObservedContainer container) {
    long started = container.status().map(Status::startedAt).orElse(0L);
    Instant now = Instant.now();
    return started == 0 ? 0 : now.getEpochSecond() * 1_000_000_000L + now.getNano() - started;
  }

  private List<Row> rows(List<Sample> before) {
    List<Row> rows = new ArrayList<>();
    for (Sample sample : before) {
      CgroupStats stats = reader.read(sample.cgroups());
      long wall = Math.max(1, System.nanoTime() - sample.at());
      long used = stats.cpu().usedNanos() - sample.cpuNanos();
      boolean known = stats.cpu().usedNanos() >= 0 && sample.cpuNanos() >= 0 && used >= 0;
      if (isThere(sample.cgroups())) {
        long tenths = known ? Math.round(1000.0 * used / wall) : UNKNOWN;
        rows.add(new Row(sample.id(), sample.pid(), tenths, stats));
      }
    }
    return rows;
  }

  private static boolean isThere(List<Path> cgroups) {
    for (Path directory : cgroups) {
      if (directory.toFile().exists()) {
        return true;
      }
    }
    return false;
  }

  private static String table(List<Row> rows, long total) {
    Table table =
        new Table("NAME", "CPU %", "MEM USAGE / LIMIT", "MEM %", "PIDS", "BLOCK I/O", "THROTTLED");
    for (Row row : rows) {
      CgroupStats stats = row.stats();
      long limit = limit(stats, total);
      table.add(
          row.id().name(),
          percent(row.cpuTenths()),
          size(stats.memory().used()) + " / " + size(limit),
          percent(memoryTenths(stats, total)),
          stats.pids() == UNKNOWN ? "-" : Long.toString(stats.pids()),
          stats.io().read() == UNKNOWN
              ? "-"
              : size(stats.io().read()) + " / " + size(stats.io().written()),
          stats.cpu().throttledNanos() == UNKNOWN
              ? "-"
              : tenths(Math.round(stats.cpu().throttledNanos() / 1e8)) + " s");
    }
    return table.toString();
  }

  /** No container can have more than the machine has. */
  private static long limit(CgroupStats stats, long total) {
    long own = stats.memory().limit();
    return own == UNKNOWN ? total : Math.min(own, total);
  }

  private static long memoryTenths(CgroupStats stats, long total) {
    long limit = limit(stats, total);
    return stats.memory().used() == UNKNOWN || limit <= 0
        ? UNKNOWN
        : Math.round(1000.0 * stats.memory().used() / limit);
  }

  private static String percent(long tenths) {
    return tenths == UNKNOWN ? "-" : tenths(tenths) + "%";
  }

  private static String size(long bytes) {
    return bytes == UNKNOWN ? "-" : Sizes.roughly(bytes);
  }

  /** By hand: a format string costs a short-lived JVM more than all the rest of a line. */
  private static String tenths(long tenths) {
    return tenths / 10 + "." + tenths % 10;
  }

  private static String json(List<Row> rows, long total) throws IOException {
    StringWriter out = new StringWriter();
    for (Row row : rows) {
      CgroupStats stats = row.stats();
      try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
        json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
        json.writeStartObject();
        json.writeStringField("name", row.id().name());
        json.writeStringField("service", row.id().service());
        json.writeStringField("project", row.id().project());
        json.writeNumberField("pid", row.pid());
        number(json, "cpu_percent", row.cpuTenths(), 10);
        number(json, "cpu_seconds", stats.cpu().usedNanos(), 1e9);
        number(json, "memory", stats.memory().used());
        number(json, "memory_limit", stats.memory().limit());
        number(json, "memory_percent", memoryTenths(stats, total), 10);
        number(json, "memory_peak", stats.memory().peak());
        number(json, "pids", stats.pids());
        number(json, "io_read", stats.io().read());
        number(json, "io_written", stats.io().written());
        number(json, "throttled_periods", stats.cpu().throttledPeriods());
        number(json, "throttled_seconds", stats.cpu().throttledNanos(), 1e9);
        json.writeEndObject();
      }
      out.append('\n');
    }
    return out.toString();
  }

  /** What nobody counts has no field. */
  private static void number(JsonGenerator json, String key, long value) throws IOException {
    if (value != UNKNOWN) {
      json.writeNumberField(key, value);
    }
  }

  private static void number(JsonGenerator json, String key, long value, double unit)
      throws IOException {
    if (value >= 0) {
      json.writeNumberField(key, value / unit);
    }
  }
}
