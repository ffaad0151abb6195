package jstack.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import jstack.linux.ProcessReader;
import jstack.manifest.Sharing;
import jstack.manifest.load.LoadRequest;
import jstack.state.ContainerCgroups;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;

final class TopVerb implements Verb {
  private final ManifestOptions options = new ManifestOptions();
  private String format = "table";
  private List<String> words = List.of();

  private record Row(ContainerId id, ProcessReader.Line process) {}

  @Override
  public void usage(Usage usage) {
    usage
        .about("List the processes of containers, numbered as this machine numbers them.")
        .with(options)
        .text("--format", "FORMAT", "table or json", value -> format = value)
        .words("SERVICE", list -> words = list);
  }

  @Override
  public int run(Console console) throws IOException {
    List<String> services = options.takeManifest(console, words);
    boolean json = Formats.isJson(format);
    Session session = new Session(console, options, LoadRequest.Purpose.STOP);
    ProcessReader processes = new ProcessReader(Path.of("/proc"));
    List<Row> rows = new ArrayList<>();
    for (ObservedContainer container : session.select(session.observed(), services)) {
      if (container.state().hasProcess() && !Sharing.isHolder(container.id().service())) {
        ContainerCgroups.members(container.encodedProgram()).stream()
            .flatMap(cgroup -> ProcessReader.members(cgroup).stream())
            .flatMap(pid -> processes.read(pid).stream())
            .forEach(process -> rows.add(new Row(container.id(), process)));
      }
    }
    console.out().print(json ? json(rows) : table(rows));
    return ExitCode.DONE;
  }

  private static String table(List<Row> rows) {
    Table table = new Table("NAME", "PID", "UID", "START", "TIME", "CMD");
    ZoneId zone = ZoneId.systemDefault();
    for (Row row : rows) {
      ProcessReader.Line process = row.process();
      table.add(
          row.id().name(),
          Long.toString(process.pid()),
          Long.toString(process.uid()),
          start(process.started(), zone),
          clock(process.cpuTime()),
          String.join(" ", process.command()));
    }
    return table.toString();
  }

  /** The time of day, or the day when it was another one. */
  private static String start(Instant started, ZoneId zone) {
    ZonedDateTime at = started.atZone(zone);
    return at.toLocalDate().equals(LocalDate.now(zone))
        ? two(at.getHour()) + ":" + two(at.getMinute())
        : at.toLocalDate().toString();
  }

  private static String clock(Duration time) {
    long hours = time.toHours();
    return two(hours) + ":" + two(time.toMinutesPart()) + ":" + two(time.toSecondsPart());
  }

  private static String two(long number) {
    return number < 10 ? "0" + number : Long.toString(number);
  }

  private static String json(List<Row> rows) throws IOException {
    StringWriter out = new StringWriter();
    for (Row row : rows) {
      ProcessReader.Line process = row.process();
      try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
        json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
        json.writeStartObject();
        json.writeStringField("name", row.id().name());
        json.writeStringField("service", row.id().service());
        json.writeNumberField("pid", process.pid());
        json.writeNumberField("uid", process.uid());
        json.writeStringField("started", process.started().toString());
        json.writeNumberField("cpu_seconds", process.cpuTime().toMillis() / 1000.0);
        json.writeArrayFieldStart("command");
        for (String word : process.command()) {
          json.writeString(word);
        }
        json.writeEndArray();
        json.writeEndObject();
      }
      out.append('\n');
    }
    return out.toString();
  }
}
