package jstack.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.engine.Volumes;
import jstack.manifest.Names;
import jstack.state.ContainerId;
import jstack.state.Observer;
import jstack.state.ProcessTable;
import jstack.state.StateLayout;
import jstack.state.VolumeRecord;

final class VolumesVerb implements Verb {
  private String format = "table";
  private boolean quiet;
  private List<String> filters = List.of();
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about(
            "List the volumes of this machine, look at some, make or remove them.",
            "ls is what is done without a word; rm refuses a volume that a container has.")
        .text("--format", "FORMAT", "table or json", value -> format = value)
        .flag("-q, --quiet", "Only names.", on -> quiet = on)
        .texts(
            "--filter",
            "KEY=VALUE",
            "Of ls, only those with that label, name or a part of it, or that no container has:"
                + " label=tier=front, label=tier, name=data, dangling=true. Repeatable.",
            value -> filters = value)
        .words("ls | inspect NAME | create NAME | rm NAME", list -> words = list);
  }

  @Override
  public int run(Console console) throws IOException {
    boolean json = Formats.isJson(format);
    StateLayout layout = Session.layout(console);
    Observer observer = new Observer(layout, new ProcessTable(Path.of("/proc")));
    String what = words.isEmpty() ? "ls" : words.get(0);
    List<String> names = words.isEmpty() ? List.of() : words.subList(1, words.size());
    Filters meant = new Filters(filters, List.of("label", "name", "dangling"));
    if (!filters.isEmpty() && !what.equals("ls")) {
      throw usage("volumes " + what + " takes no --filter");
    }
    switch (what) {
      case "ls" -> list(console, layout, observer, json, names, meant);
      case "inspect" -> inspect(console, layout, observer, some(names, layout));
      case "create" -> create(layout, names);
      case "rm" -> remove(console, layout, observer, some(names, layout));
      default -> throw usage("volumes takes ls, inspect, create or rm, not " + what);
    }
    return ExitCode.DONE;
  }

  private static DiagnosticException usage(String message) {
    return new DiagnosticException(
        Failure.USAGE, Diagnostic.error(Origin.NONE, "usage", message).withHint("see --help"));
  }

  /** Names of volumes that are there; one that is not is an error that says which are. */
  private static List<String> some(List<String> names, StateLayout layout) throws IOException {
    if (names.isEmpty()) {
      throw usage("which volume?");
    }
    List<String> known = VolumeRecord.names(layout);
    List<Diagnostic> problems = new ArrayList<>();
    for (String name : names) {
      if (!known.contains(name)) {
        String hint =
            known.isEmpty() ? "there are none" : "the volumes are " + String.join(", ", known);
        problems.add(
            Diagnostic.error(Origin.NONE, "unknown-volume", "no volume " + name).withHint(hint));
      }
    }
    if (!problems.isEmpty()) {
      throw new DiagnosticException(Failure.OPERATION, problems);
    }
    return names;
  }

  private void list(
      Console console,
      StateLayout layout,
      Observer observer,
      boolean json,
      List<String> only,
      Filters meant)
      throws IOException {
    Table table = new Table("VOLUME", "PROJECT", "CREATED", "USED BY");
    StringWriter lines = new StringWriter();
    for (String name : VolumeRecord.names(layout)) {
      if (!only.isEmpty() && !only.contains(name)) {
        continue;
      }
      VolumeRecord record = record(layout, name);
      List<ContainerId> users = Volumes.users(layout, observer, name);
      if (!meant.accepts(name, record.labels(), !users.isEmpty())) {
        continue;
      }
      if (quiet) {
        console.out().println(name);
      } else if (json) {
        write(lines, layout, name, record, users, false);
      } else {
        String project = record.project().isEmpty() ? "-" : record.project();
        table.add(name, project, record.created(), users.isEmpty() ? "-" : names(users));
      }
    }
    if (!quiet) {
      console.out().print(json ? lines.toString() : table.toString());
    }
  }

  private static void inspect(
      Console console, StateLayout layout, Observer observer, List<String> names)
      throws IOException {
    StringWriter lines = new StringWriter();
    for (String name : names) {
      List<ContainerId> users = Volumes.users(layout, observer, name);
      write(lines, layout, name, record(layout, name), users, true);
    }
    console.out().print(lines);
  }

  private static VolumeRecord record(StateLayout layout, String name) throws IOException {
    return VolumeRecord.read(layout, name).orElse(new VolumeRecord("", "", "", Map.of()));
  }

  private static void write(
      StringWriter out,
      StateLayout layout,
      String name,
      VolumeRecord record,
      List<ContainerId> users,
      boolean pretty)
      throws IOException {
    try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
      json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
      if (pretty) {
        json.useDefaultPrettyPrinter();
      }
      json.writeStartObject();
      json.writeStringField("name", name);
      json.writeStringField("project", record.project());
      json.writeStringField("key", record.key());
      json.writeStringField("created", record.created());
      json.writeStringField("mountpoint", layout.volumeData(name).toString());
      json.writeObjectFieldStart("labels");
      for (Map.Entry<String, String> label : record.labels().entrySet()) {
        json.writeStringField(label.getKey(), label.getValue());
      }
      json.writeEndObject();
      json.writeArrayFieldStart("used_by");
      for (ContainerId user : users) {
        json.writeString(user.project() + "/" + user.name());
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    out.append('\n');
  }

  private static void create(StateLayout layout, List<String> names) {
    if (names.isEmpty()) {
      throw usage("which volume?");
    }
    for (String name : names) {
      String mistake = Names.volumeMistake(name);
      if (!mistake.isEmpty()) {
        throw usage(name + ": " + mistake);
      }
    }
    names.forEach(new Volumes(layout)::create);
  }

  /** All or none: whoever names one that is in use finds the others still there. */
  private void remove(Console console, StateLayout layout, Observer observer, List<String> names) {
    List<Diagnostic> problems = new ArrayList<>();
    for (String name : Set.copyOf(names)) {
      List<ContainerId> users = Volumes.users(layout, observer, name);
      if (!users.isEmpty()) {
        String message = name + ": volume in use by " + names(users);
        problems.add(
            Diagnostic.error(Origin.NONE, "volume-in-use", message)
                .withHint("remove its containers first: jstack -p PROJECT down"));
      }
    }
    if (!problems.isEmpty()) {
      throw new DiagnosticException(Failure.OPERATION, problems);
    }
    for (String name : Set.copyOf(names)) {
      new Volumes(layout).remove(name);
      if (!quiet) {
        console.err().println(name + "  removed");
      }
    }
  }

  /** With the project, as volumes know no borders of projects. */
  static String names(List<ContainerId> users) {
    List<String> names = new ArrayList<>();
    users.forEach(user -> names.add(user.name() + " of " + user.project()));
    return String.join(", ", names);
  }
}
