package jstack.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.engine.DesiredState;
import jstack.engine.OneOff;
import jstack.engine.StackWait;
import jstack.linux.Namespace;
import jstack.manifest.Condition;
import jstack.manifest.ContainerPath;
import jstack.manifest.Dependency;
import jstack.manifest.Manifest;
import jstack.manifest.Service;
import jstack.manifest.load.LoadRequest;
import jstack.plan.PlanOptions;
import jstack.program.RunOverrides;
import jstack.rootfs.PreparedRootfs;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.ProjectLock;
import org.jspecify.annotations.Nullable;

final class RunVerb implements Verb {
  /** What a debugger needs; the files stay the container's own. */
  private static final Set<Namespace> SHARED =
      Set.of(Namespace.USER, Namespace.PID, Namespace.IPC, Namespace.NETWORK, Namespace.UTS);

  private static final Path DEVICES = Path.of("/dev");

  private final ManifestOptions options = new ManifestOptions.WithPolicy();
  private boolean remove;
  private Map<String, String> environment = new LinkedHashMap<>();
  private boolean noTerminal;
  private @Nullable String user;
  private @Nullable String workingDir;
  private boolean noDependencies;
  private @Nullable Integer timeout;
  private @Nullable String share;
  private @Nullable Path receipt;
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about(
            "Run a job, or a service once, in a container of its own, with another command if one"
                + " is given.",
            "The command's streams and exit code are jstack's.",
            "With the service's own command its `expect` holds: the exit code that it expects is 0"
                + " here, and 2 is that of a run that ended well but did not hold the rest.")
        .with(options)
        .flag(
            "--rm",
            "Leave nothing of it. Otherwise the stopped container of a service stays for ps -a, cp"
                + " and rm, and of a job what it wrote in an overlay.",
            on -> remove = on)
        .variables(
            "-e, --env", "NAME=VALUE", "A variable for the command.", value -> environment = value)
        .flag("-T", "No terminal, even when there is one.", on -> noTerminal = on)
        .text("-u, --user", "USER", "uid[:gid] or name[:group].", value -> user = value)
        .text("-w, --workdir", "DIR", "A directory of the container.", value -> workingDir = value)
        .flag(
            "--no-deps",
            "Not the services that a job depends on; those of a service are never started by run.",
            on -> noDependencies = on)
        .number(
            "--timeout",
            "SECONDS",
            "Stop it after that time, and exit with 124; instead of the job's own.",
            value -> timeout = value)
        .text(
            "--share",
            "SERVICE[:KINDS]",
            "Join the namespaces of a running service, to look at it: user, pid, ipc, network and"
                + " uts, or those named: web:pid,net.",
            value -> share = value)
        .path(
            "--receipt",
            "FILE",
            "Write there as JSON what it used; empty when it never ran.",
            value -> receipt = value)
        .words("SERVICE [COMMAND]", list -> words = list);
  }

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
    Duration limit = limit(service);
    writeReceipt(console, "");
    if (service.role().isJob() && !noDependencies) {
      startDependencies(console, session, service);
    }
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
    session.policy().changed(changed, session.manifest());
    ContainerId id =
        ContainerId.oneOff(session.project(), service.name(), new SecureRandom().nextInt());
    Interrupts.leaveToChild();
    Interrupts.interruptThisThread(!console.stdinIsTerminal());
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
            .run(
                id,
                changed,
                prepared,
                session.manifestText(),
                after(service),
                limit,
                session::releaseRootfs);
    if (ended.receipt() != null) {
      keepReceipt(console, Run.of(id, ended.receipt(), true, changed), ended.code());
    }
    if (ended.late()) {
      console.print(
          Diagnostic.error(service.at("timeout"), "timeout", late(id, limit))
              .withHint("run --timeout SECONDS gives it longer"));
      return ExitCode.TIMEOUT;
    }
    List<Diagnostic> failures = Budgets.failures(changed, id.name(), ended.receipt());
    console.print(failures);
    return code(ended.code(), changed.expect().exitCode(), !failures.isEmpty());
  }

  /** As in Compose; a job is made to leave nothing, however often it runs. */
  private OneOff.After after(Service service) {
    return remove
        ? OneOff.After.NOTHING
        : service.role().isJob() ? OneOff.After.LAYER : OneOff.After.CONTAINER;
  }

  private static String late(ContainerId id, @Nullable Duration limit) {
    String time = limit == null ? "" : Durations.seconds(limit.toNanos());
    return id.name() + " did not end within " + time + " and was stopped";
  }

  private @Nullable Duration limit(Service service) {
    Integer seconds = timeout;
    if (seconds != null && seconds <= 0) {
      throw ExecVerb.usage("a timeout of " + seconds + " seconds", "--timeout 60");
    }
    return seconds == null ? service.lifecycle().timeout() : Duration.ofSeconds(seconds);
  }

  /** Those that a job needs run on afterwards, as after up -d. */
  private static void startDependencies(Console console, Session session, Service job) {
    Set<String> needed = new LinkedHashSet<>();
    Set<String> awaited = new LinkedHashSet<>();
    for (Dependency dependency : job.dependsOn()) {
      if (session.manifest().services().containsKey(dependency.service())) {
        needed.add(dependency.service());
        if (dependency.condition() != Condition.STARTED) {
          awaited.add(dependency.service());
        }
      }
    }
    if (needed.isEmpty()) {
      return;
    }
    UpProgress progress = new UpProgress(console.err(), false);
    try (ProjectLock lock = lock(console, session)) {
      PlanOptions wanted = new PlanOptions(needed, true, false, false, false);
      StackRun run = StackRun.prepare(session, wanted, new FetchLines(console, false));
      if (!run.plan().isEmpty()) {
        new StackChange(session, run).execute(lock, progress, null, null);
      }
    }
    List<ContainerId> ids =
        session.observed().containers().stream()
            .map(ObservedContainer::id)
            .filter(id -> !id.isOneOff() && awaited.contains(id.service()))
            .toList();
    Manifest manifest = session.manifest();
    Set<String> once = DesiredState.once(manifest);
    new StackWait(session.layout(), session.observer(), manifest, once, progress)
        .await(ids, StackWait.USUAL);
  }

  /** Another run of the same job may be at the same: it is waited for. */
  private static ProjectLock lock(Console console, Session session) {
    return session.lock("run", LockOptions.patience(console, StackWait.USUAL));
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

  /** That the command ended, and how, is said whatever becomes of its receipt. */
  private void keepReceipt(Console console, Run run, int code) {
    try {
      writeReceipt(console, ReceiptJson.of(run) + "\n");
    } catch (DiagnosticException e) {
      List<String> how = List.of(run.id().name() + " ended with exit code " + code);
      throw new DiagnosticException(
          e.failure(), e.diagnostics().stream().map(each -> each.withDetails(how)).toList());
    }
  }

  /** Once before the run: that it cannot be written should be known by then. */
  private void writeReceipt(Console console, String text) {
    Path file = receipt;
    if (file == null) {
      return;
    }
    Path place = console.workingDirectory().resolve(file);
    // Where links lead to what the caller has open.
    boolean isStream = place.startsWith("/dev/fd") || DEVICES.equals(place.getParent());
    if (Files.isSymbolicLink(place) && !isStream) {
      throw linked(file);
    }
    Set<OpenOption> how =
        isStream
            ? Set.of(StandardOpenOption.APPEND)
            : Set.of(
                StandardOpenOption.WRITE,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                LinkOption.NOFOLLOW_LINKS);
    try (ByteChannel out = Files.newByteChannel(place, how)) {
      ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "receipt", "cannot write " + file + ": " + reason(e), "name another --receipt FILE");
    }
  }

  /** Who wrote the manifest may have laid it there, and it leads to what is root's. */
  private static DiagnosticException linked(Path file) {
    return DiagnosticException.operation(
        "receipt", file + " is a symbolic link", "remove it, or name another --receipt FILE");
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
