package jstack.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import jstack.engine.PastEvents;
import jstack.engine.StateChanges;
import jstack.engine.StateWatcher;
import jstack.manifest.Sharing;
import jstack.manifest.load.LoadRequest;
import jstack.state.ContainerId;
import jstack.state.Observed;
import org.jspecify.annotations.Nullable;

final class EventsVerb implements Verb {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSX").withZone(ZoneOffset.UTC);

  private final ManifestOptions options = new ManifestOptions();
  private String format = "text";
  private @Nullable String since;
  private @Nullable String until;
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about(
            "Follow what becomes of containers, a line each: created, started, healthy, unhealthy,",
            "restarting, exited, failed, lost, unsupervised, unreachable, paused, unpaused,"
                + " checkpointed, restored, removed. Ends on Ctrl-C, or when --until has come."
                + " Needs no right but to read.",
            "Of the past --since tells what is on record since the machine was started: of those"
                + " that are gone, too, and of each container its last ten runs.")
        .with(options)
        .text("--format", "FORMAT", "text or json", value -> format = value)
        .text(
            "--since",
            "TIME",
            "Also what happened since then: 2026-01-02T03:04:05Z, or 10m for so long ago.",
            value -> since = value)
        .text(
            "--until",
            "TIME",
            "Nothing after that time, and end when it has come.",
            value -> until = value)
        .words("SERVICE", list -> words = list);
  }

  @Override
  public int run(Console console) throws IOException {
    List<String> services = options.takeManifest(console, words);
    boolean json = Formats.isJson(format);
    Instant from = LogsVerb.instant(since);
    Instant to = LogsVerb.instant(until);
    Session session = new Session(console, options, LoadRequest.Purpose.STOP);
    AtomicBoolean over = new AtomicBoolean();
    Thread main = Thread.currentThread();
    for (String signal : List.of("INT", "TERM")) {
      Interrupts.handle(
          signal,
          () -> {
            over.set(true);
            main.interrupt();
          });
    }
    try (StateWatcher watcher =
        new StateWatcher(session.layout(), session.observer(), session.project())) {
      Observed first = watcher.look();
      Instant looked = Instant.now();
      StateChanges changes =
          new StateChanges(first, id -> PastEvents.lastEnd(session.layout(), id));
      List<StateChanges.Event> past = List.of();
      if (from != null) {
        past = PastEvents.of(session.layout(), first, looked);
        past.removeIf(event -> event.at().isBefore(from));
      }
      requireKnown(session, first, past, services);
      print(console, past, services, to, json);
      while (!over.get() && (to == null || Instant.now().isBefore(to))) {
        watcher.await(to);
        print(console, changes.look(watcher.look(), Instant.now()), services, to, json);
      }
    } catch (InterruptedException e) {
      Thread.interrupted();
    }
    return over.get() ? ExitCode.CANCELLED : ExitCode.DONE;
  }

  /** Of whom there is something to tell is known, although it may be gone. */
  private static void requireKnown(
      Session session, Observed first, List<StateChanges.Event> past, List<String> services) {
    List<String> others = new ArrayList<>(services);
    past.forEach(event -> others.removeAll(List.of(event.id().service(), event.id().name())));
    session.select(first, others);
  }

  private static void print(
      Console console,
      List<StateChanges.Event> events,
      List<String> services,
      @Nullable Instant to,
      boolean json)
      throws IOException {
    for (StateChanges.Event event : events) {
      if (isAbout(event.id(), services) && (to == null || !event.at().isAfter(to))) {
        console.out().println(json ? json(event) : text(event));
      }
    }
    console.out().flush();
  }

  private static boolean isAbout(ContainerId id, List<String> services) {
    return !Sharing.isHolder(id.service())
        && (services.isEmpty() || services.contains(id.service()) || services.contains(id.name()));
  }

  private static String text(StateChanges.Event event) {
    String more =
        event.exitCode() >= 0
            ? "  exit code " + event.exitCode()
            : event.pid() > 0 ? "  pid " + event.pid() : "";
    return TIME.format(event.at()) + "  " + event.id().name() + "  " + event.what() + more;
  }

  private static String json(StateChanges.Event event) throws IOException {
    StringWriter out = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("time", TIME.format(event.at()));
      json.writeStringField("project", event.id().project());
      json.writeStringField("container", event.id().name());
      json.writeStringField("service", event.id().service());
      json.writeStringField("event", event.what());
      if (event.pid() > 0) {
        json.writeNumberField("pid", event.pid());
      }
      if (event.exitCode() >= 0) {
        json.writeNumberField("exit", event.exitCode());
      }
      json.writeEndObject();
    }
    return out.toString();
  }
}
