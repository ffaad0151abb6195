package jstack.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import jstack.engine.StateChanges;
import jstack.engine.StateWatcher;
import jstack.manifest.LoadRequest;
import jstack.manifest.Sharing;
import jstack.state.ContainerId;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "events",
    description = {
      "Follow what becomes of containers, a line each: created, started, exited, failed, lost,",
      "paused, unpaused, removed. Ends on Ctrl-C. Needs no right but to read."
    })
final class EventsVerb implements Verb {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSX").withZone(ZoneOffset.UTC);

  @Mixin private final ManifestOptions options = new ManifestOptions.WithShortName();

  @Option(names = "--format", paramLabel = "FORMAT", description = "text or json")
  private String format = "text";

  @Parameters(arity = "0..*", paramLabel = "SERVICE")
  private List<String> words = List.of();

  @Override
  public int run(Console console) throws IOException {
    List<String> services = options.takeManifest(console, words);
    boolean json = Formats.isJson(format);
    Session session = new Session(console, options, LoadRequest.Purpose.STOP);
    session.select(session.observed(), services);
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
      StateChanges changes = new StateChanges(watcher.look());
      while (!over.get()) {
        watcher.await();
        for (StateChanges.Event event : changes.look(watcher.look(), Instant.now())) {
          if (isAbout(event.id(), services)) {
            console.out().println(json ? json(event) : text(event));
          }
        }
        console.out().flush();
      }
    } catch (InterruptedException e) {
      Thread.interrupted();
    }
    return ExitCode.CANCELLED;
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
