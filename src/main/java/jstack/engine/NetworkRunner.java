package jstack.engine;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Inputs;
import jstack.diag.Origin;
import jstack.linux.FreeSpace;
import jstack.linux.SmallFile;
import jstack.program.NetworkPart;
import jstack.program.NetworkProgram;
import jstack.state.NetworkRecord;
import jstack.state.PrivateDirectory;
import jstack.state.StateLayout;

/**
 * Makes the networks of a stack what a program says, with ip(8) and nft(8). What is as it should be
 * is left alone; what a killed run left in half is made anew.
 */
public final class NetworkRunner {
  /**
   * Held while subnets are chosen and made: the machine's addresses belong to all projects. Not in
   * /run/lock, where everybody may make files and links: this one is opened as root.
   */
  private static final Path LOCK = Path.of("/run/jstack.lock");

  /** The tools of one run take well below a second. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final Path DEVICES = Path.of("/sys/class/net");

  private final StateLayout layout;
  private final String project;
  private final Inputs inputs;

  public NetworkRunner(StateLayout layout, String project) {
    this(layout, project, new Inputs());
  }

  /**
   * @param inputs is told of what was looked for
   */
  NetworkRunner(StateLayout layout, String project, Inputs inputs) {
    this.inputs = inputs;
    this.layout = layout;
    this.project = project;
  }

  public NetworkRecord record() {
    return NetworkRecord.read(layout, project);
  }

  /** Runs something while no other jstack of this machine chooses addresses. */
  public static <T> T alone(Supplier<T> work) {
    try {
      try (FileChannel channel = PrivateDirectory.openFile(LOCK)) {
        await(channel); // until the channel is closed
        return work.get();
      }
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "network-lock", "cannot lock " + LOCK + ": " + e.getMessage(), "check /run");
    }
  }

  private static void await(FileChannel channel) throws IOException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (channel.tryLock() == null) {
      if (System.nanoTime() > deadline) {
        throw new DiagnosticException(
            Failure.LOCKED,
            Diagnostic.error(
                    Origin.NONE,
                    "network-lock",
                    "another run has been making networks for " + PATIENCE.toSeconds() + " s")
                .withHint("see who holds it with fuser " + LOCK));
      }
      LockSupport.parkNanos(5_000_000);
    }
  }

  /** The record when all is done; namespaces of strangers stay as they are. */
  private static NetworkRecord after(
      NetworkProgram wanted, NetworkRecord before, Set<String> strangers) {
    List<NetworkRecord.Entry> entries = new ArrayList<>(NetworkRecord.of(wanted).entries());
    for (NetworkRecord.Entry entry : before.entries()) {
      if (isStranger(entry, strangers)) {
        entries.add(entry);
      }
    }
    return new NetworkRecord(entries);
  }

  private static boolean isStranger(NetworkRecord.Entry entry, Set<String> strangers) {
    return entry.kind() == NetworkPart.Kind.NAMESPACE && strangers.contains(entry.label());
  }

  /** Whether the program is that of the record, be all of it there or not. */
  public boolean isWhatWasMade(NetworkProgram wanted, Set<String> strangers) {
    NetworkRecord record = record();
    return record.equals(after(wanted, record, strangers));
  }

  /** Whether everything of the program is there. */
  public boolean isMade(NetworkProgram wanted, Set<String> strangers) {
    Path record = layout.networkRecord(project);
    inputs.text(record.toString(), SmallFile.bytes(record));
    if (!isWhatWasMade(wanted, strangers)) {
      return false;
    }
    for (NetworkPart part : wanted.parts()) {
      places(part).forEach(this::note);
      if (!exists(part)) {
        return false;
      }
    }
    // A firewall that is loaded anew takes all tables away, and nobody would notice.
    return wanted.parts().stream()
        .filter(part -> part.kind() == NetworkPart.Kind.RULES)
        .allMatch(part -> hasTable(part.name()));
  }

  private void note(Path place) {
    inputs.note(Inputs.Kind.THERE, place.toString(), Files.exists(place));
  }

  private boolean hasTable(String name) {
    boolean has = NetworkTools.hasTable(name);
    inputs.note(Inputs.Kind.TABLE, name, has);
    return has;
  }

  /** Rules are gone with their namespace, or when somebody flushed all tables. */
  private boolean isLost(NetworkPart part, List<NetworkPart> making) {
    return switch (part.kind()) {
      case BRIDGE, NAMESPACE -> false;
      case EGRESS -> making.stream().anyMatch(made -> made.name().equals(part.name()));
      case RULES -> !NetworkTools.hasTable(part.name());
    };
  }

  /** Whether a part is on this machine exactly as it is wanted. */
  static boolean isAsIs(NetworkPart part, NetworkRecord record) {
    return exists(part)
        && record
            .find(part.kind(), part.name())
            .filter(entry -> entry.fingerprint().equals(part.fingerprint()))
            .isPresent();
  }

  /** A namespace is one with all its links: who has lost one is cut off. */
  private static boolean exists(NetworkPart part) {
    for (Path place : places(part)) {
      if (!Files.exists(place)) {
        return false;
      }
    }
    return true;
  }

  /** Where the kernel shows that it is there. */
  private static List<Path> places(NetworkPart part) {
    return switch (part.kind()) {
      case BRIDGE -> List.of(DEVICES.resolve(part.name()));
      case NAMESPACE -> {
        List<Path> places = new ArrayList<>(List.of(StateLayout.NETNS.resolve(part.name())));
        for (NetworkPart.Line line : part.lines().attach()) {
          String[] words = line.text().split(" ", -1);
          if (words.length > 2) {
            places.add(DEVICES.resolve(words[2]));
          }
        }
        yield places;
      }
      case EGRESS -> List.of(StateLayout.NETNS.resolve(part.name()));
      case RULES -> List.of(); // nft alone can tell
    };
  }

  /**
   * Makes what is missing and takes away what is not wanted any more.
   *
   * @param strangers containers that the manifest does not know any more, but that still run
   * @throws DiagnosticException with the tool's words, at the line of the manifest
   */
  public void apply(NetworkProgram wanted, Set<String> strangers) {
    NetworkRecord before = settled();
    List<NetworkRecord.Entry> union = new ArrayList<>();
    List<NetworkRecord.Entry> leaving = new ArrayList<>();
    List<NetworkPart> making = new ArrayList<>();
    List<NetworkPart> staying = new ArrayList<>();
    for (NetworkPart part : wanted.parts()) {
      if (isAsIs(part, before) && !isLost(part, making)) {
        union.add(NetworkRecord.of(part));
        staying.add(part);
      } else {
        union.add(NetworkRecord.of(part).unfinished());
        making.add(part);
      }
    }
    for (NetworkRecord.Entry entry : before.entries()) {
      if (isStranger(entry, strangers)) {
        union.add(entry);
      } else if (wanted.find(entry.kind(), entry.name()).isEmpty()) {
        union.add(entry.unfinished());
        leaving.add(entry);
      }
    }
    boolean works = !making.isEmpty() || !leaving.isEmpty();
    if (works) {
      tools().require();
      write(new NetworkRecord(union));
      try {
        change(leaving, making, staying);
      } catch (DiagnosticException e) {
        if (before.entries().isEmpty() && !wanted.parts().isEmpty()) {
          remove(); // nothing half is left of a first try
        }
        throw e;
      }
    }
    NetworkRecord after = after(wanted, before, strangers);
    if (works || !after.equals(before)) {
      write(after);
    }
  }

  /** Takes away everything; fine when there is nothing. */
  public void remove() {
    if (!record().entries().isEmpty()) {
      apply(NetworkProgram.EMPTY, Set.of());
    }
  }

  private void change(
      List<NetworkRecord.Entry> leaving, List<NetworkPart> making, List<NetworkPart> staying) {
    NetworkScript script = new NetworkScript(layout.cgroup(), project);
    script.remove(leaving, making);
    script.make(making, staying);
    if (making.isEmpty()) {
      script.turnForwardingOff();
    }
    tools().run(script);
  }

  private NetworkTools tools() {
    return new NetworkTools(layout, project);
  }

  /** The record, once nobody's tools work on what it lists. */
  private NetworkRecord settled() {
    NetworkRecord record = record();
    for (NetworkRecord.Entry entry : record.entries()) {
      if (entry.fingerprint().equals(NetworkRecord.UNFINISHED)) {
        tools().awaitOthers();
        return record();
      }
    }
    return record;
  }

  /** Takes away the namespaces of containers that are gone; rules stay as they are. */
  public void drop(List<String> containers) {
    NetworkRecord before = settled();
    List<NetworkRecord.Entry> leaving = new ArrayList<>();
    List<NetworkRecord.Entry> staying = new ArrayList<>();
    for (NetworkRecord.Entry entry : before.entries()) {
      boolean goes =
          entry.kind() == NetworkPart.Kind.NAMESPACE && containers.contains(entry.label());
      (goes ? leaving : staying).add(entry);
    }
    if (!leaving.isEmpty()) {
      change(leaving, List.of(), List.of());
      write(new NetworkRecord(staying));
    }
  }

  private void write(NetworkRecord record) {
    try {
      record.write(layout, project);
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "state-directory",
          "cannot write " + layout.networkRecord(project) + ": " + e.getMessage(),
          FreeSpace.hint(
              layout.networkRecord(project),
              e,
              "check the free space and the owner of that directory"));
    }
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
