package jstack.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import jstack.diag.DiagnosticException;
import jstack.engine.Foreground;
import jstack.linux.Namespace;
import jstack.manifest.HostPath;
import jstack.manifest.Sharing;
import jstack.manifest.load.LoadRequest;
import jstack.program.ExecCompiler;
import jstack.program.ExecRequest;
import jstack.program.Program;
import jstack.state.ContainerId;
import jstack.state.NamespaceTable;
import jstack.state.ObservedContainer;
import jstack.state.StateLayout;
import jstack.state.Status;
import org.jspecify.annotations.Nullable;

final class NsVerb implements Verb {
  private final ManifestOptions options = new ManifestOptions();
  private @Nullable String kinds;
  private String format = "table";
  private boolean noTerminal;
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about(
            "ls: every namespace of the stack that is not the machine's, and who is in it.",
            "enter NAME -- COMMAND: runs a program of this machine in a named namespace.",
            "enter SERVICE -n LIST -- COMMAND: in those of a service; without -n, or with mount in"
                + " LIST, the program is the container's own.")
        .with(options)
        .text(
            "-n, --namespaces",
            "LIST",
            "Of a service, only these: pid,net ...",
            value -> kinds = value)
        .text("--format", "FORMAT", "table or json", value -> format = value)
        .flag("-T", "No terminal, even when there is one.", on -> noTerminal = on)
        .words("ls | enter NAME -- COMMAND", list -> words = list);
  }

  @Override
  public int run(Console console) throws IOException {
    List<String> left = new ArrayList<>(options.takeManifest(console, words));
    String action = left.isEmpty() ? "" : left.remove(0);
    left = new ArrayList<>(options.takeManifest(console, left));
    Session session = new Session(console, options, LoadRequest.Purpose.STOP);
    if (action.equals("ls") && left.isEmpty()) {
      return list(console, session);
    }
    if (action.equals("enter") && left.size() > 1) {
      return enter(console, session, left.get(0), left.subList(1, left.size()));
    }
    throw ExecVerb.usage(
        "ns takes ls, or enter with a name and a command", "jstack ns enter web -n net -- ip addr");
  }

  private int list(Console console, Session session) throws IOException {
    List<NamespaceTable.Row> rows = NamespaceTable.of(session.layout(), session.observed());
    if (Formats.isJson(format)) {
      console.out().print(json(rows));
      return ExitCode.DONE;
    }
    Table table = new Table("TYPE", "INODE", "NAME", "CONTAINERS");
    for (NamespaceTable.Row row : rows) {
      table.add(
          row.kind().key(),
          Long.toString(row.inode()),
          row.name().isEmpty() ? "-" : row.name(),
          row.members().isEmpty() ? "-" : String.join(", ", row.members()));
    }
    console.out().print(table.toString());
    return ExitCode.DONE;
  }

  private static String json(List<NamespaceTable.Row> rows) throws IOException {
    StringWriter out = new StringWriter();
    for (NamespaceTable.Row row : rows) {
      try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
        json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
        json.writeStartObject();
        json.writeStringField("type", row.kind().key());
        json.writeNumberField("inode", row.inode());
        json.writeStringField("name", row.name());
        json.writeArrayFieldStart("containers");
        for (String member : row.members()) {
          json.writeString(member);
        }
        json.writeEndArray();
        json.writeEndObject();
      }
      out.append('\n');
    }
    return out.toString();
  }

  private int enter(Console console, Session session, String name, List<String> command) {
    session.requireRoot();
    StateLayout layout = session.layout();
    String project = session.project();
    Foreground foreground = new Foreground(layout, session.shim());
    Interrupts.leaveToChild();
    String netns = layout.namedNetworkNamespace(project, name);
    if (Files.exists(StateLayout.NETNS.resolve(netns))) {
      HostPath file = HostPath.of(StateLayout.NETNS.resolve(netns));
      Program program = ExecCompiler.enter(file, request(console, 0, 0, command, Set.of()));
      return foreground.enter(project, name, program);
    }
    ContainerId holder = ContainerId.of(project, Sharing.holder(name), 1);
    Optional<ObservedContainer> held = session.observer().observe(holder);
    ContainerId id = held.isPresent() ? holder : ContainerId.of(project, name, 1);
    Optional<ObservedContainer> found =
        session.observer().observe(id).filter(container -> container.state().hasProcess());
    if (found.isEmpty()) {
      session.select(session.observed(), List.of(name));
      throw DiagnosticException.operation(
          "not-running", id.name() + " does not run", "jstack up -d starts it");
    }
    ExecVerb.goingOn(found.get());
    Status status = found.get().status().orElseThrow();
    Program running = found.get().program().orElseThrow();
    Set<Namespace> wanted =
        kinds == null
            ? held.isPresent() ? Set.of(heldKind(running)) : Set.of()
            : NamespaceList.parse(kinds);
    ExecRequest request = request(console, status.pid(), status.startTime(), command, wanted);
    return foreground.exec(id, ExecCompiler.compile(running, request));
  }

  /** A holder has all of the machine's namespaces but one. */
  private static Namespace heldKind(Program holder) {
    long flags = ExecCompiler.namespaces(holder);
    for (Namespace kind : Namespace.values()) {
      if ((flags & Integer.toUnsignedLong(kind.cloneFlag())) != 0) {
        return kind;
      }
    }
    throw new IllegalStateException("a holder without a namespace");
  }

  private ExecRequest request(
      Console console, long pid, long start, List<String> command, Set<Namespace> wanted) {
    boolean terminal = ExecVerb.wantsTerminal(console, noTerminal);
    Map<String, String> environment = new LinkedHashMap<>();
    return new ExecRequest(
        pid,
        start,
        command,
        environment,
        null,
        null,
        terminal,
        true,
        wanted,
        ExecVerb.cgroups(pid));
  }
}
