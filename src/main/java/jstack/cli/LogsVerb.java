package jstack.cli;

import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.engine.LogFollower;
import jstack.engine.LogRecord;
import jstack.engine.LogTail;
import jstack.manifest.load.LoadRequest;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.Receipt;
import jstack.state.Receipts;
import jstack.state.Status;
import org.jspecify.annotations.Nullable;

final class LogsVerb implements Verb {
  private final ManifestOptions options = new ManifestOptions.WithLongName();
  private boolean follow;
  private int tail = -1;
  private boolean timestamps;
  private @Nullable String since;
  private @Nullable String until;
  private boolean previous;
  private boolean noPrefix;
  private boolean noColour;
  private List<String> words = List.of();

  private record Line(ContainerId id, LogRecord record) {}

  @Override
  public void usage(Usage usage) {
    usage
        .about("Show the output of containers, those that ended too.")
        .with(options)
        .flag("-f, --follow", "Go on until they end.", on -> follow = on)
        .number(
            "-n, --tail", "LINES", "Only the last lines of each container.", value -> tail = value)
        .flag("-t, --timestamps", "When each line was written.", on -> timestamps = on)
        .text(
            "--since",
            "TIME",
            "2026-01-02T03:04:05Z, or 10m for ten minutes ago.",
            value -> since = value)
        .text("--until", "TIME", "As --since.", value -> until = value)
        .flag("--previous", "The run before this one alone.", on -> previous = on)
        .flag("--no-log-prefix", "No names before the lines.", on -> noPrefix = on)
        .flag("--no-color", "No colours.", on -> noColour = on)
        .words("SERVICE", list -> words = list);
  }

  @Override
  public int run(Console console) throws IOException, InterruptedException {
    List<String> services = options.takeManifest(console, words);
    if (previous && follow) {
      throw new DiagnosticException(
          Failure.USAGE,
          Diagnostic.error(Origin.NONE, "usage", "--previous has nothing to follow"));
    }
    Instant from = instant(since);
    Instant to = instant(until);
    Session session = new Session(console, options, LoadRequest.Purpose.STOP);
    List<ObservedContainer> containers =
        session.select(session.observed(), services).stream()
            .filter(
                c -> !c.id().isOneOff() || !c.state().isOver() || services.contains(c.id().name()))
            .toList();
    List<ContainerId> ids = containers.stream().map(ObservedContainer::id).toList();
    LogPrinter printer =
        new LogPrinter(
            console.out(),
            ids,
            !noPrefix,
            timestamps,
            console.colour() && !noColour,
            console.stdoutIsTerminal());
    List<Line> lines = new ArrayList<>();
    LogFollower follower = new LogFollower(session.layout(), session.observer());
    for (ContainerId id : ids) {
      LogTail log = new LogTail(session.layout().log(id));
      List<Line> own = new ArrayList<>();
      log.poll(record -> own.add(new Line(id, record)));
      own.removeIf(line -> !isWanted(line.record(), from, to));
      if (previous) {
        Span span = before(session, id);
        own.removeIf(line -> !isWanted(line.record(), span.from(), span.to()));
      }
      lines.addAll(
          tail < 0 || own.size() <= tail ? own : own.subList(own.size() - tail, own.size()));
      follower.follow(id, log);
    }
    lines.sort((a, b) -> a.record().timestamp().compareTo(b.record().timestamp()));
    lines.forEach(line -> printer.print(line.id(), line.record()));
    printer.flush();
    if (follow) {
      follow(console, printer, follower, to);
    } else {
      containers.forEach(container -> sayOutOfMemory(console, container));
    }
    return console.out().checkError() ? ExitCode.FAILED : ExitCode.DONE;
  }

  private record Span(Instant from, Instant to) {}

  /** The run before the last, from the receipts; no time at all when there was none. */
  private static Span before(Session session, ContainerId id) {
    Optional<ObservedContainer> container = session.observer().observe(id);
    long began = container.flatMap(ObservedContainer::status).map(Status::startedAt).orElse(0L);
    Span span = new Span(Instant.MAX, Instant.MIN);
    for (Receipt receipt : Receipts.of(session.layout(), id)) {
      if (receipt.startedAt() < began) {
        span = new Span(receipt.started(), Instant.EPOCH.plusNanos(began));
      }
    }
    return span;
  }

  /** Behind the last line, and not among the data: the container itself could not say it. */
  private static void sayOutOfMemory(Console console, ObservedContainer container) {
    OutOfMemory.line(container).ifPresent(console.err()::println);
  }

  private static void follow(
      Console console, LogPrinter printer, LogFollower follower, @Nullable Instant to)
      throws IOException, InterruptedException {
    LogFollower.Sink sink =
        new LogFollower.Sink() {
          @Override
          public void line(ContainerId id, LogRecord record) {
            if (isWanted(record, null, to)) {
              printer.print(id, record);
            }
          }

          @Override
          public void ended(ObservedContainer container) {
            printer.flush();
            sayOutOfMemory(console, container);
          }

          @Override
          public void idle() {
            printer.flush();
          }
        };
    follower.run(sink, () -> to != null && Instant.now().isAfter(to));
  }

  private static boolean isWanted(LogRecord record, @Nullable Instant from, @Nullable Instant to) {
    return (from == null || !record.at().isBefore(from))
        && (to == null || !record.at().isAfter(to));
  }

  /** A point in time, or how long ago. */
  static @Nullable Instant instant(@Nullable String text) {
    if (text == null) {
      return null;
    }
    try {
      boolean absolute = text.contains("T");
      return absolute
          ? Instant.parse(text)
          : Instant.now().minus(Duration.parse("PT" + text.toUpperCase(java.util.Locale.ROOT)));
    } catch (DateTimeException | ArithmeticException e) {
      throw new DiagnosticException(
          Failure.USAGE,
          Diagnostic.error(Origin.NONE, "usage", "not a time: " + text)
              .withHint("write 2026-01-02T03:04:05Z, or 90s, 10m, 2h for so long ago"));
    }
  }
}
