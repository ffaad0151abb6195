package jstack.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.engine.Foreground;
import jstack.linux.CgroupFreezer;
import jstack.linux.Namespace;
import jstack.manifest.ContainerPath;
import jstack.manifest.Names;
import jstack.manifest.load.LoadRequest;
import jstack.program.ExecCompiler;
import jstack.program.ExecRequest;
import jstack.program.Program;
import jstack.state.ContainerCgroups;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.RunState;
import jstack.state.Status;
import org.jspecify.annotations.Nullable;

final class ExecVerb implements Verb {
  private final ManifestOptions options = new ManifestOptions();
  private Map<String, String> environment = new LinkedHashMap<>();
  private boolean noTerminal;
  private @Nullable String user;
  private @Nullable String workingDir;
  private int index = 1;
  private @Nullable String kinds;
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about(
            "Run one more command in a container that runs, behind the same walls as its service.",
            "With a terminal it gets one; piped, its streams stay apart, byte for byte.")
        .with(options)
        .variables(
            "-e, --env", "NAME=VALUE", "A variable for the command.", value -> environment = value)
        .flag("-T", "No terminal, even when there is one.", on -> noTerminal = on)
        .text("-u, --user", "USER", "uid[:gid] or name[:group].", value -> user = value)
        .text("-w, --workdir", "DIR", "A directory of the container.", value -> workingDir = value)
        .number("--index", "N", "Which of several containers.", value -> index = value)
        .text(
            "-n, --namespaces",
            "LIST",
            "Join only these: pid,net ... Without mount the command is one of this machine's own.",
            value -> kinds = value)
        .words("SERVICE COMMAND", list -> words = list);
  }

  @Override
  public int run(Console console) {
    List<String> left = new ArrayList<>(options.takeManifest(console, words));
    if (left.size() > 1 && left.get(1).equals("--")) {
      left.remove(1);
    }
    if (left.size() < 2) {
      throw usage("exec needs a service and a command", "jstack exec web /bin/sh");
    }
    checkUser(user);
    Set<Namespace> joined = kinds == null ? Set.of() : NamespaceList.parse(kinds);
    if (user != null && !joined.isEmpty() && !joined.contains(Namespace.MOUNT)) {
      // One of the machine's programs, seen by the container, with the rights of one of its users.
      throw usage("--user needs the container's files", "add mount to " + kinds);
    }
    Session session = new Session(console, options, LoadRequest.Purpose.STOP);
    ObservedContainer container = container(session, left.get(0));
    Status status = container.status().orElseThrow();
    Program running = container.requireProgram();
    boolean terminal = wantsTerminal(console, noTerminal);
    ExecRequest request =
        new ExecRequest(
            status.pid(),
            status.startTime(),
            left.subList(1, left.size()),
            environment,
            user,
            path(workingDir),
            terminal,
            true,
            joined,
            cgroups(status.pid()));
    Interrupts.leaveToChild();
    return new Foreground(session.layout(), session.shim())
        .exec(container.id(), ExecCompiler.compile(running, request));
  }

  /** Where a process is, as the kernel says. */
  static String cgroups(long pid) {
    try {
      return Files.readString(java.nio.file.Path.of("/proc/" + pid + "/cgroup"));
    } catch (IOException e) {
      return ""; // It has ended: the helper says so.
    }
  }

  private ObservedContainer container(Session session, String service) {
    ContainerId id = ContainerId.of(session.project(), service, index);
    Optional<ObservedContainer> found = session.observer().observe(id);
    if (found.isPresent() && found.get().state().hasProcess()) {
      return goingOn(found.get());
    }
    if (found.isPresent() && found.get().state() == RunState.RESTARTING) {
      throw DiagnosticException.operation(
          "not-running",
          id.name()
              + " waits for its next start; it ended with exit code "
              + found.get().exitCode(),
          "jstack logs " + service + " shows why");
    }
    session.select(session.observed(), List.of(service));
    throw DiagnosticException.operation(
        "not-running", id.name() + " does not run", "jstack up -d " + service + " starts it");
  }

  /** A command that joins a paused container would stand still with it, and its caller wait. */
  static ObservedContainer goingOn(ObservedContainer container) {
    if (ContainerCgroups.freezer(container.encodedProgram())
        .filter(CgroupFreezer::isFrozen)
        .isPresent()) {
      throw DiagnosticException.operation(
          "paused",
          container.id().name() + " is paused",
          "jstack unpause " + container.id().service() + " lets it go on");
    }
    return container;
  }

  /** A terminal only when both ends are one: a pipe on either side must stay clean. */
  static boolean wantsTerminal(Console console, boolean refused) {
    return !refused && console.stdinIsTerminal() && console.stdoutIsTerminal();
  }

  static @Nullable ContainerPath path(@Nullable String text) {
    try {
      return text == null ? null : new ContainerPath(text);
    } catch (IllegalArgumentException e) {
      throw usage("--workdir " + e.getMessage(), "such as /srv");
    }
  }

  /** As strictly as in a manifest: a half-read number would be somebody else. */
  static void checkUser(@Nullable String user) {
    String mistake = user == null ? "" : Names.userMistake(user);
    if (!mistake.isEmpty()) {
      throw usage("--user " + mistake, "such as 1000:1000 or web");
    }
  }

  static DiagnosticException usage(String message, String hint) {
    return new DiagnosticException(
        Failure.USAGE, Diagnostic.error(Origin.NONE, "usage", message).withHint(hint));
  }
}
