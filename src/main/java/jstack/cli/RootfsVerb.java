package jstack.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.engine.RootfsUsers;
import jstack.rootfs.RootfsInventory;
import jstack.rootfs.StoreUse;
import jstack.state.Observer;
import jstack.state.ProcessTable;
import jstack.state.StateLayout;

final class RootfsVerb implements Verb {
  private boolean dryRun;
  private boolean quiet;
  private String format = "table";
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about(
            "ls: what was fetched and unpacked on this machine, and how many use it.",
            "inspect DIGEST: one of them, with those who use it; the beginning of the digest will do.",
            "prune: removes what no container, checkpoint or kept layer uses, and says what was freed.")
        .flag("--dry-run", "prune: only say what would go.", on -> dryRun = on)
        .flag("-q, --quiet", "ls: only digests.", on -> quiet = on)
        .text("--format", "FORMAT", "table or json", value -> format = value)
        .words("ls | inspect DIGEST | prune", list -> words = list);
  }

  @Override
  public int run(Console console) throws IOException {
    boolean json = Formats.isJson(format);
    StateLayout layout = Session.layout(console);
    RootfsInventory inventory = new RootfsInventory(layout.rootfsStore());
    String action = words.isEmpty() ? "" : words.get(0);
    if (action.equals("ls") && words.size() == 1) {
      list(console, layout, inventory, json);
    } else if (action.equals("inspect") && words.size() == 2) {
      console.out().print(line(find(inventory, words.get(1)), users(layout)));
    } else if (action.equals("prune") && words.size() == 1) {
      prune(console, layout, inventory);
    } else {
      throw ExecVerb.usage(
          "rootfs takes ls, inspect with a digest, or prune", "jstack rootfs prune --dry-run");
    }
    return ExitCode.DONE;
  }

  private static RootfsUsers users(StateLayout layout) {
    return new RootfsUsers(layout, new Observer(layout, new ProcessTable(Path.of("/proc"))));
  }

  private void list(Console console, StateLayout layout, RootfsInventory inventory, boolean json)
      throws IOException {
    List<RootfsInventory.Entry> entries = inventory.entries();
    if (quiet) {
      entries.forEach(entry -> console.out().println(entry.name()));
      return;
    }
    RootfsUsers users = users(layout);
    Table table = new Table("DIGEST", "KIND", "SIZE", "MADE", "USERS");
    StringBuilder lines = new StringBuilder();
    for (RootfsInventory.Entry entry : entries) {
      if (json) {
        lines.append(line(entry, users));
      } else {
        table.add(
            shortName(entry),
            entry.kind().equals("jail") ? "jail" : "archive",
            Sizes.roughly(RootfsInventory.size(entry)),
            Durations.roughly(Duration.between(entry.made(), Instant.now())) + " ago",
            Integer.toString(users.of(entry).size()));
      }
    }
    console.out().print(json ? lines.toString() : table.toString());
  }

  private static String shortName(RootfsInventory.Entry entry) {
    String name = entry.name();
    return name.length() <= 12 ? name : name.substring(0, 12) + name.replaceFirst("[^-]*", "");
  }

  private static RootfsInventory.Entry find(RootfsInventory inventory, String word) {
    List<RootfsInventory.Entry> found =
        inventory.entries().stream().filter(entry -> entry.name().startsWith(word)).toList();
    if (word.isEmpty() || found.isEmpty()) {
      throw DiagnosticException.operation(
          "no-rootfs", "no rootfs " + word, "jstack rootfs ls shows those that are here");
    }
    Optional<RootfsInventory.Entry> whole =
        found.stream().filter(entry -> entry.name().equals(word)).findFirst();
    if (whole.isEmpty() && found.size() > 1) {
      throw DiagnosticException.operation(
          "ambiguous", found.size() + " begin with " + word, "write more of the digest");
    }
    return whole.orElse(found.get(0));
  }

  private static String line(RootfsInventory.Entry entry, RootfsUsers users) throws IOException {
    StringWriter out = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("digest", entry.name());
      json.writeStringField("kind", entry.kind());
      json.writeNumberField("bytes", RootfsInventory.size(entry));
      json.writeStringField("content", entry.content());
      json.writeStringField("made", entry.made().toString());
      json.writeStringField("path", entry.root().toString());
      json.writeArrayFieldStart("users");
      for (String user : users.of(entry)) {
        json.writeString(user);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    return out.append('\n').toString();
  }

  private void prune(Console console, StateLayout layout, RootfsInventory inventory)
      throws IOException {
    if (inventory.entries().isEmpty()) {
      console.err().println("nothing to do");
      return;
    }
    // Held, nobody is between the look at a rootfs and the record of the container that uses it.
    try (StoreUse alone = inventory.alone().orElseThrow(RootfsVerb::inUse)) {
      RootfsUsers users = users(layout);
      long freed = 0;
      int gone = 0;
      for (RootfsInventory.Entry entry : inventory.entries()) {
        if (!users.of(entry).isEmpty()) {
          continue;
        }
        long size = RootfsInventory.size(entry);
        if (!dryRun) {
          inventory.remove(entry);
        }
        console.out().println(entry.name() + "  " + Sizes.roughly(size));
        freed += size;
        gone++;
      }
      String would = dryRun ? " would be freed, " : " freed, ";
      String kept = inventory.entries().size() - (dryRun ? gone : 0) + " kept";
      console.err().println(gone == 0 ? "nothing to do" : Sizes.roughly(freed) + would + kept);
    }
  }

  private static DiagnosticException inUse() {
    return new DiagnosticException(
        Failure.LOCKED,
        Diagnostic.error(Origin.NONE, "locked", "another run makes containers at this moment")
            .withHint("try again when it is done"));
  }
}
