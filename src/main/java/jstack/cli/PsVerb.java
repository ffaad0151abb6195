package jstack.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jstack.manifest.ByteSize;
import jstack.manifest.Sharing;
import jstack.manifest.load.LoadRequest;
import jstack.program.HostInstruction;
import jstack.program.NetworkPart;
import jstack.state.CheckpointStore;
import jstack.state.NetworkRecord;
import jstack.state.ObservedContainer;
import jstack.state.RunState;
import jstack.state.Status;

final class PsVerb implements Verb {
  private final ManifestOptions options = new ManifestOptions();
  private boolean all;
  private boolean quiet;
  private boolean services;
  private String format = "table";
  private List<String> filters = List.of();
  private List<String> states = List.of();
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about("List the containers of a project, as the machine shows them.")
        .with(options)
        .flag("-a, --all", "Those that ended, too.", on -> all = on)
        .flag("-q, --quiet", "Only names.", on -> quiet = on)
        .flag("--services", "Only the names of services.", on -> services = on)
        .text("--format", "FORMAT", "table or json", value -> format = value)
        .texts(
            "--filter",
            "KEY=VALUE",
            "Only those: label=NAME or label=NAME=VALUE, status, health, exited, name (a part of"
                + " it) or service.",
            value -> filters = value)
        .texts("--status", "STATUS", "As --filter status=STATUS.", value -> states = value)
        .words("SERVICE", list -> words = list);
  }

  @Override
  public int run(Console console) throws IOException {
    List<String> names = options.takeManifest(console, words);
    boolean json = Formats.isJson(format);
    Filters wanted =
        new Filters(
            Filters.with(filters, states),
            List.of("label", "status", "health", "exited", "name", "service"));
    Session session = new Session(console, options, LoadRequest.Purpose.STOP);
    List<ObservedContainer> shown =
        session.select(session.observed(), names).stream()
            .filter(container -> !Sharing.isHolder(container.id().service()))
            .filter(c -> all || wanted.asksForEnded() || isUnderWay(c.state()))
            .filter(wanted::accepts)
            .toList();
    if (services) {
      shown.stream().map(c -> c.id().service()).distinct().forEach(console.out()::println);
    } else if (quiet) {
      shown.forEach(container -> console.out().println(container.id().name()));
    } else if (json) {
      console.out().print(PsJson.of(shown, ports(session)));
    } else {
      console.out().print(table(shown, ports(session), new CheckpointStore(session.layout())));
    }
    return ExitCode.DONE;
  }

  private static boolean isUnderWay(RunState state) {
    return !state.isOver() && state != RunState.CREATED;
  }

  /** What each service publishes, from the record of the stack's networks. */
  static Map<String, String> ports(Session session) {
    Map<String, String> ports = new HashMap<>();
    for (NetworkRecord.Entry entry :
        NetworkRecord.read(session.layout(), session.project()).entries()) {
      entry
          .facts()
          .forEach(
              (key, value) -> {
                if (entry.kind() == NetworkPart.Kind.RULES && key.endsWith(".ports")) {
                  String service = key.substring(0, key.length() - ".ports".length());
                  ports.put(service, value.substring(1, value.length() - 1));
                }
              });
    }
    return ports;
  }

  static String ports(ObservedContainer container, Map<String, String> ports) {
    boolean has = container.state().isAlive() && !container.id().isOneOff();
    return has ? ports.getOrDefault(container.id().service(), "") : "";
  }

  private static String table(
      List<ObservedContainer> containers, Map<String, String> ports, CheckpointStore checkpoints) {
    Table table = new Table("NAME", "SERVICE", "PID", "STATUS", "HEALTH", "EXIT", "MEM", "PORTS");
    for (ObservedContainer container : containers) {
      boolean ended =
          container.state() == RunState.EXITED || container.state() == RunState.RESTARTING;
      table.add(
          container.id().name(),
          container.id().service(),
          container.pid() == 0 ? "-" : Long.toString(container.pid()),
          status(container, checkpoints),
          health(container).orElse("-"),
          ended && !container.isCheckpointed() ? Integer.toString(container.exitCode()) : "-",
          memory(container).map(PsVerb::rough).orElse("-"),
          ports(container, ports));
    }
    return table.toString();
  }

  /** Whether its life was ended by its checkpoint, and goes on with jstack restore. */
  private static boolean isKept(ObservedContainer container, CheckpointStore checkpoints) {
    return checkpoints.lastOf(container).isPresent();
  }

  /** What its health check last came to; empty without one, and when it does not run. */
  static Optional<String> health(ObservedContainer container) {
    return container
        .status()
        .filter(status -> container.state().hasProcess())
        .flatMap(Status::health)
        .map(Status.Health::toString);
  }

  private static String status(ObservedContainer container, CheckpointStore checkpoints) {
    Optional<Status> status = container.status();
    String state = isKept(container, checkpoints) ? "checkpointed" : container.state().toString();
    if (status.isEmpty() || status.get().startedAt() == 0) {
      return state;
    }
    boolean waits = container.state() == RunState.RESTARTING;
    Instant since =
        (container.state() == RunState.EXITED || waits) && status.get().finishedAt() > 0
            ? status.get().finished()
            : status.get().started();
    String ago = Durations.roughly(Duration.between(since, Instant.now()));
    long restarts = status.get().restarts();
    String times = restarts > 0 ? ", restarts: " + restarts : "";
    return container.state().isAlive()
        ? state + " " + ago + times
        : state + " " + ago + " ago" + OutOfMemory.of(container);
  }

  /** What the kernel counts for the container right now, page cache and all. */
  static Optional<Long> memory(ObservedContainer container) {
    if (!container.state().hasProcess()) {
      return Optional.empty();
    }
    return container
        .program()
        .flatMap(
            program ->
                program
                    .all(HostInstruction.MakeCgroup.class)
                    .map(HostInstruction.MakeCgroup::directory)
                    .flatMap(
                        directory ->
                            java.util.stream.Stream.of(
                                directory.toPath().resolve("memory.usage_in_bytes"),
                                directory.toPath().resolve("memory.current")))
                    .filter(Files::isReadable)
                    .findFirst())
        .flatMap(PsVerb::number);
  }

  private static Optional<Long> number(Path file) {
    try {
      return Optional.of(Long.parseLong(Files.readString(file).strip()));
    } catch (IOException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static String rough(long bytes) {
    long mebibyte = 1L << 20;
    return bytes < mebibyte
        ? Math.max(1, bytes >> 10) + "k"
        : new ByteSize(bytes / mebibyte * mebibyte).toString();
  }
}
