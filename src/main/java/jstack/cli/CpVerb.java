package jstack.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import jstack.diag.DiagnosticException;
import jstack.diag.DiagnosticPrinter;
import jstack.engine.Foreground;
import jstack.engine.StoppedRoom;
import jstack.manifest.load.LoadRequest;
import jstack.program.ExecCompiler;
import jstack.program.ExecRequest;
import jstack.program.Program;
import jstack.rootfs.TreeReceiver;
import jstack.rootfs.TreeSender;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.ProjectLock;
import jstack.state.Status;
import org.jspecify.annotations.Nullable;

final class CpVerb implements Verb {
  /** The helper is in memory and needs no file of the container; it is its own program. */
  private static final String HELPER = "/proc/self/exe";

  private final ManifestOptions options = new ManifestOptions();
  private @Nullable String user;
  private int index = 1;
  private List<String> words = List.of();

  /** {@code web:/srv/file}. */
  private record Inside(String service, String path) {
    static Optional<Inside> parse(String word) {
      int colon = word.indexOf(':');
      int slash = word.indexOf('/');
      if (colon <= 0 || (slash >= 0 && slash < colon)) {
        return Optional.empty();
      }
      String path = word.substring(colon + 1);
      return Optional.of(
          new Inside(word.substring(0, colon), path.startsWith("/") ? path : "/" + path));
    }

    /** Its last part; what is copied has this name in a directory. */
    String name() {
      Path last = Path.of(path).normalize().getFileName();
      return last == null ? service : last.toString();
    }
  }

  @Override
  public void usage(Usage usage) {
    usage
        .about(
            "Copy a file or a directory into a container, or out of it: cp web:/var/log ./log",
            "A process with the container's own rights reads and writes there, so that its links"
                + " lead nowhere else; the container need not run, unless its root is in memory.",
            "Into a directory that is there it goes under its own name. Links are copied as links;"
                + " owners, set-user-id bits, sockets and devices are not.")
        .with(options)
        .text(
            "-u, --user",
            "USER",
            "Who reads and writes in the container: uid[:gid] or name[:group].",
            value -> user = value)
        .number("--index", "N", "Which of several containers.", value -> index = value)
        .words("SERVICE:PATH PATH | PATH SERVICE:PATH", list -> words = list);
  }

  @Override
  public int run(Console console) throws IOException {
    // Of two words the first is what is copied, be it a manifest.
    List<String> left = words.size() > 2 ? options.takeManifest(console, words) : words;
    Optional<Inside> from = left.isEmpty() ? Optional.empty() : Inside.parse(left.get(0));
    Optional<Inside> to = left.size() < 2 ? Optional.empty() : Inside.parse(left.get(1));
    if (left.size() != 2 || from.isPresent() == to.isPresent()) {
      throw ExecVerb.usage(
          "cp needs a path of a service and one of this machine",
          "jstack cp web:/etc/hosts . or jstack cp ./page.html web:/www");
    }
    ExecVerb.checkUser(user);
    Session session = new Session(console, options, LoadRequest.Purpose.STOP);
    if (from.isPresent()) {
      return out(console, session, from.get(), console.workingDirectory().resolve(left.get(1)));
    }
    Path source = console.workingDirectory().resolve(left.get(0));
    return in(console, session, source, to.orElseThrow());
  }

  private int out(Console console, Session session, Inside from, Path destination)
      throws IOException {
    boolean below = Files.isDirectory(destination);
    Path directory = below ? destination : destination.toAbsolutePath().getParent();
    Path name = destination.getFileName();
    if (directory == null || name == null || !Files.isDirectory(directory)) {
      throw DiagnosticException.operation(
          "copy", directory + " is no directory that is there", "make it first");
    }
    String top = below ? from.name() : name.toString();
    List<String> leftOut = new ArrayList<>();
    talk(
        session,
        from,
        List.of(HELPER, "copy-out", from.path()),
        (toIt, fromIt) -> leftOut.addAll(TreeReceiver.receive(fromIt, directory, top)));
    warn(console, leftOut);
    return ExitCode.DONE;
  }

  private int in(Console console, Session session, Path source, Inside to) {
    if (!Files.exists(source, LinkOption.NOFOLLOW_LINKS)) {
      throw DiagnosticException.operation("copy", source + " is not there", "");
    }
    Path name = source.normalize().getFileName();
    String top = name == null ? "root" : name.toString();
    talk(
        session,
        to,
        List.of(HELPER, "copy-in", to.path(), top),
        (toIt, fromIt) -> warn(console, TreeSender.send(source, toIt)));
    return ExitCode.DONE;
  }

  private static void warn(Console console, List<String> lines) {
    for (String line : lines) {
      console.err().println("warning: " + line);
    }
  }

  private void talk(
      Session session, Inside place, List<String> command, Foreground.Exchange exchange) {
    ObservedContainer container = container(session, place.service());
    Foreground.Talk talk =
        container.state().isAlive()
            ? running(session, ExecVerb.goingOn(container), command, exchange)
            : stopped(session, container.id(), command, exchange);
    if (talk.code() == 0 && talk.cause() == null) {
      return;
    }
    // What was said inside is shown, never believed.
    String said = DiagnosticPrinter.visible(talk.said().lines().findFirst().orElse(""));
    IOException cause = talk.cause();
    String why =
        !said.isEmpty()
            ? said
            : cause != null ? String.valueOf(cause.getMessage()) : "exit code " + talk.code();
    throw DiagnosticException.operation(
        "copy",
        "cannot copy " + (said.isEmpty() ? "" : "in " + container.id().name() + ": ") + why,
        "");
  }

  private Foreground.Talk running(
      Session session,
      ObservedContainer container,
      List<String> command,
      Foreground.Exchange exchange) {
    Status status = container.status().orElseThrow();
    Program running = container.requireProgram();
    String cgroups = ExecVerb.cgroups(status.pid());
    ExecRequest request = request(status.pid(), status.startTime(), command, cgroups);
    return new Foreground(session.layout(), session.shim())
        .talk(container.id(), ExecCompiler.compile(running, request), exchange);
  }

  /** The lock keeps everybody from starting it meanwhile. */
  private Foreground.Talk stopped(
      Session session, ContainerId id, List<String> command, Foreground.Exchange exchange) {
    try (ProjectLock lock = session.lock("cp")) {
      ObservedContainer container =
          session
              .observer()
              .observe(id)
              .filter(found -> !found.state().isAlive())
              .orElseThrow(
                  () ->
                      DiagnosticException.operation(
                          "moved", id.name() + " was just started or removed", "try again"));
      return new StoppedRoom(session.layout(), session.shim(), session.processes())
          .talk(container, request(0, 0, command, ""), exchange);
    }
  }

  private ExecRequest request(long pid, long start, List<String> command, String cgroups) {
    return new ExecRequest(
        pid, start, command, Map.of(), user, ExecVerb.path("/"), false, true, Set.of(), cgroups);
  }

  private ObservedContainer container(Session session, String service) {
    Optional<ContainerId> run =
        ContainerId.parse(session.project(), service).filter(ContainerId::isOneOff);
    ContainerId id = run.orElseGet(() -> ContainerId.of(session.project(), service, index));
    Optional<ObservedContainer> found = session.observer().observe(id);
    if (found.isPresent()) {
      return found.get();
    }
    session.select(session.observed(), List.of(service));
    throw DiagnosticException.operation(
        "no-container",
        id.name() + " is not there",
        "jstack create " + service + " makes it, jstack up starts it");
  }
}
