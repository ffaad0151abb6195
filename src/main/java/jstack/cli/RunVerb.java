package jstack.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.engine.OneOff;
import jstack.linux.Namespace;
import jstack.manifest.ContainerPath;
import jstack.manifest.LoadRequest;
import jstack.manifest.Service;
import jstack.program.RunOverrides;
import jstack.rootfs.PreparedRootfs;
import jstack.state.ContainerId;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "run",
    description = {
      "Run a service once in a container of its own, with another command if one is given.",
      "The command's streams and exit code are jstack's.",
      "With the service's own command its `expect` holds: the exit code that it expects is 0 here,"
          + " and 2 is that of a run that ended well but did not hold the rest."
    })
final class RunVerb implements Verb {
  /** What a debugger needs; the files stay the container's own. */
  private static final Set<Namespace> SHARED =
      Set.of(Namespace.USER, Namespace.PID, Namespace.IPC, Namespace.NETWORK, Namespace.UTS);

  @Mixin private final ManifestOptions options = new ManifestOptions.WithPolicy();

  @Option(names = "--rm", description = "Remove what it wrote, too, when it has ended.")
  private boolean remove;

  @Option(
      names = {"-e", "--env"},
      paramLabel = "NAME=VALUE",
      description = "A variable for the command.")
  private Map<String, String> environment = new LinkedHashMap<>();

  @Option(names = "-T", description = "No terminal, even when there is one.")
  private boolean noTerminal;

  @Option(
      names = {"-u", "--user"},
      paramLabel = "USER",
      description = "uid[:gid] or name[:group].")
  private @Nullable String user;

  @Option(
      names = {"-w", "--workdir"},
      paramLabel = "DIR",
      description = "A directory of the container.")
  private @Nullable String workingDir;

  @Option(
      names = "--no-deps",
      description = "Accepted for Compose's sake: run starts nothing else.")
  @SuppressWarnings("UnusedVariable")
  private boolean noDependencies;

  @Option(
      names = "--share",
      paramLabel = "SERVICE[:KINDS]",
      description = {
        "Join the namespaces of a running service, to look at it: user, pid, ipc, network and uts,",
        "or those named: web:pid,net."
      })
  private @Nullable String share;

  @Option(
      names = "--receipt",
      paramLabel = "FILE",
      description = "Write there as JSON what it used; empty when it never ran.")
  private @Nullable Path receipt;

  @Parameters(arity = "0..*", paramLabel = "SERVICE [COMMAND]")
  private List<String> words = List.of();

  @Override
  public int run(Console console) {
    List<String> left = options.takeManifest(console, words);
    if (left.isEmpty()) {
      throw ExecVerb.usage("run needs a service", "jstack run --rm web /bin/sh");
    }
    ExecVerb.checkUser(user);
    Session session = new Session(console, options, LoadRequest.Purpose.RUN);
    Service service = session.service(left.get(0));
    session.requireRoot();
    writeReceipt(console, "");
    Map<String, PreparedRootfs> rootfs =
        session.prepare(Set.of(service.name()), new FetchLines(console, false));
    ContainerPath directory = ExecVerb.path(workingDir);
    Service changed =
        new RunOverrides(
                left.subList(1, left.size()),
                environment,
                user,
                directory,
                ExecVerb.wantsTerminal(console, noTerminal),
                sharedService(session),
                sharedKinds())
            .apply(service);
    ContainerId id =
        ContainerId.oneOff(session.project(), service.name(), new SecureRandom().nextInt());
    Interrupts.leaveToChild();
    PreparedRootfs prepared = rootfs.get(service.name());
    if (prepared == null) {
      throw new IllegalStateException("not prepared: " + service.name());
    }
    OneOff.Ended ended =
        new OneOff(
                session.layout(),
                session.shim(),
                session.unit(),
                session.desiredState(true),
                session.network(),
                session.observer(),
                session.processes())
            .run(id, changed, prepared, session.manifestText(), remove);
    if (ended.receipt() != null) {
      writeReceipt(console, ReceiptJson.of(Run.of(id, ended.receipt(), true, changed)) + "\n");
    }
    List<Diagnostic> failures = Budgets.failures(changed, id.name(), ended.receipt());
    console.print(failures);
    return code(ended.code(), changed.expect().exitCode(), !failures.isEmpty());
  }

  /**
   * @param expected null when nothing was said of it
   */
  static int code(int code, @Nullable Integer expected, boolean failed) {
    boolean right = expected == null ? code == 0 : code == expected;
    if (right) {
      return failed ? ExitCode.BUDGET : ExitCode.DONE;
    }
    return code == 0 ? ExitCode.BUDGET : code;
  }

  /** Once before the run: that it cannot be written should be known by then. */
  private void writeReceipt(Console console, String text) {
    Path file = receipt;
    if (file == null) {
      return;
    }
    try {
      Files.writeString(console.workingDirectory().resolve(file), text);
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "receipt", "cannot write " + file + ": " + reason(e), "name another --receipt FILE");
    }
  }

  private static String reason(IOException e) {
    return e instanceof NoSuchFileException
        ? "no such directory"
        : e instanceof AccessDeniedException ? "permission denied" : String.valueOf(e.getMessage());
  }

  private @Nullable String sharedService(Session session) {
    String asked = share;
    if (asked == null) {
      return null;
    }
    int colon = asked.indexOf(':');
    return session.service(colon < 0 ? asked : asked.substring(0, colon)).name();
  }

  private Set<Namespace> sharedKinds() {
    String asked = share;
    int colon = asked == null ? -1 : asked.indexOf(':');
    if (asked == null || colon < 0) {
      return SHARED;
    }
    Set<Namespace> kinds = NamespaceList.parse(asked.substring(colon + 1));
    if (kinds.contains(Namespace.MOUNT)) {
      throw ExecVerb.usage("a run has files of its own", "jstack exec joins those of a service");
    }
    return kinds;
  }
}
