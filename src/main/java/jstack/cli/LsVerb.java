package jstack.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import jstack.manifest.Sharing;
import jstack.state.ObservedContainer;
import jstack.state.Observer;
import jstack.state.ProcessTable;
import jstack.state.ProjectRecord;
import jstack.state.StateLayout;

final class LsVerb implements Verb {
  private boolean quiet;
  private String format = "table";
  private List<String> filters = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about("List the projects of this machine.")
        .flag("-q, --quiet", "Only names.", on -> quiet = on)
        .text("--format", "FORMAT", "table or json", value -> format = value)
        .texts(
            "--filter",
            "KEY=VALUE",
            "Only those: name (a part of it), or with a container that has a label=NAME[=VALUE] or a"
                + " status.",
            value -> filters = value);
  }

  @Override
  public int run(Console console) throws IOException {
    boolean json = Formats.isJson(format);
    Filters wanted = new Filters(filters, List.of("name", "label", "status"));
    StateLayout layout = Session.layout(console);
    Observer observer = new Observer(layout, new ProcessTable(Path.of("/proc")));
    Table table = new Table("PROJECT", "RUNNING", "MANIFEST");
    StringWriter lines = new StringWriter();
    for (String project : observer.projects()) {
      List<ObservedContainer> containers =
          observer.observe(project).containers().stream()
              .filter(container -> !Sharing.isHolder(container.id().service()))
              .toList();
      if (!wanted.accepts(project, containers)) {
        continue;
      }
      long running = containers.stream().filter(c -> c.state().isAlive()).count();
      String manifest =
          ProjectRecord.read(layout, project).map(ProjectRecord::manifest).orElse("-");
      table.add(project, running + "/" + containers.size(), manifest);
      if (quiet) {
        console.out().println(project);
      } else if (json) {
        line(lines, project, running, containers.size(), manifest);
      }
    }
    if (!quiet) {
      console.out().print(json ? lines.toString() : table.toString());
    }
    return ExitCode.DONE;
  }

  private static void line(StringWriter out, String project, long running, int all, String manifest)
      throws IOException {
    try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
      json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
      json.writeStartObject();
      json.writeStringField("project", project);
      json.writeNumberField("running", running);
      json.writeNumberField("containers", all);
      json.writeStringField("manifest", manifest);
      json.writeEndObject();
    }
    out.append('\n');
  }
}
