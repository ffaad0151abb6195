package jstack.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.diag.DiagnosticException;
import jstack.engine.DesiredState;
import jstack.engine.EngineEvents;
import jstack.engine.StackWait;
import jstack.manifest.Manifest;
import jstack.manifest.load.LoadRequest;
import jstack.plan.PlanOptions;
import jstack.state.ContainerId;
import jstack.state.ProjectLock;
import org.jspecify.annotations.Nullable;

final class UpVerb implements Verb {
  private final ManifestOptions options;
  private final LockOptions locking;
  private boolean detach;
  private boolean forceRecreate;
  private boolean noRecreate;
  private boolean noDependencies;
  private boolean locked;
  private boolean removeOrphans;
  private boolean dryRun;
  private boolean wait;
  private @Nullable Integer waitTimeout;
  private boolean abortOnExit;
  private boolean abortOnFailure;
  private @Nullable String codeFrom;
  private boolean noStart;
  private Map<String, Integer> scales = new LinkedHashMap<>();
  private final StopOptions stopping;
  private boolean watch;
  private boolean noPrefix;
  private boolean timestamps;
  private final QuietOption quiet;
  private List<String> words = List.of();

  UpVerb() {
    this(new ManifestOptions.WithPolicy(), new LockOptions(), new StopOptions(), new QuietOption());
  }

  private UpVerb(
      ManifestOptions options, LockOptions locking, StopOptions stopping, QuietOption quiet) {
    this.options = options;
    this.locking = locking;
    this.stopping = stopping;
    this.quiet = quiet;
  }

  /** Of nobody but the services that get another number of containers; it returns at once. */
  static UpVerb ofScale(
      ManifestOptions options,
      LockOptions locking,
      StopOptions stopping,
      QuietOption quiet,
      Map<String, Integer> numbers) {
    UpVerb up = new UpVerb(options, locking, stopping, quiet);
    up.detach = true;
    up.noDependencies = true;
    up.scales = numbers;
    up.words = List.copyOf(numbers.keySet());
    return up;
  }

  @Override
  public void usage(Usage usage) {
    usage
        .about(
            "Make what the manifest says true, by the cheapest change.",
            "Without -d the output of the containers follows; Ctrl-C and SIGTERM stop them, a"
                + " second one kills them. The exit code is then 1 when a container ended with"
                + " another code than 0, unless its `expect` says so, and 2 when one did not hold"
                + " its `expect`.")
        .with(options)
        .with(locking)
        .flag("-d, --detach", "Leave the containers running and return.", on -> detach = on)
        .flag("--force-recreate", "Make every container anew.", on -> forceRecreate = on)
        .flag("--no-recreate", "Leave what runs alone, changed or not.", on -> noRecreate = on)
        .flag("--no-deps", "Not the services that the named ones need.", on -> noDependencies = on)
        .flag("--locked", "Only what jstack.lock has: a url without is refused.", on -> locked = on)
        .flag(
            "--remove-orphans", "Remove what the manifest does not know.", on -> removeOrphans = on)
        .flag("--dry-run", "Show the plan and change nothing.", on -> dryRun = on)
        .flag(
            "--wait",
            "As -d, and wait until all run, are healthy where they have a healthcheck, and have"
                + " ended with 0 where they run to completion.",
            on -> wait = on)
        .number(
            "--wait-timeout",
            "SECONDS",
            "How long to wait for that, and for what others depend on: 124 when it is over. 600"
                + " if not given.",
            value -> waitTimeout = value)
        .flag(
            "--abort-on-container-exit",
            "Stop all when one has ended, and exit with its code; but not when a job has ended"
                + " with 0.",
            on -> abortOnExit = on)
        .flag(
            "--abort-on-container-failure",
            "Stop all when one has failed, and exit with its code.",
            on -> abortOnFailure = on)
        .text(
            "--exit-code-from",
            "SERVICE",
            "Stop all when one has ended, and exit with the code of this service or job, which is"
                + " run if need be.",
            value -> codeFrom = value)
        .flag("--no-start", "Make the containers and start none.", on -> noStart = on)
        .numbers(
            "--scale",
            "SERVICE=N",
            "Another number of containers than the manifest's, until the next up.",
            value -> scales = value)
        .with(stopping)
        .flag(
            "--watch",
            "Apply each edit of the manifest and of the files that go into it, until Ctrl-C; the"
                + " containers run on.",
            on -> watch = on)
        .flag("--no-log-prefix", "No names before the lines.", on -> noPrefix = on)
        .flag("--timestamps", "When each line was written.", on -> timestamps = on)
        .with(quiet)
        .words("SERVICE", list -> words = list);
  }

  @Override
  public int run(Console console) throws IOException, InterruptedException {
    List<String> services = options.takeManifest(console, words);
    if (locked) {
      options.setLocking(LoadRequest.Locking.REQUIRED);
    }
    Session session = new Session(console, options, LoadRequest.Purpose.RUN);
    session.scale(scales);
    checkFlags(session);
    SettledUp settled = services.isEmpty() ? settled(console, session) : null;
    if (settled != null && settled.holds()) {
      progress(console, null).nothingToDo();
      return ExitCode.DONE;
    }
    PlanOptions asked =
        new PlanOptions(
            Set.copyOf(services), !noDependencies, forceRecreate, noRecreate, removeOrphans);
    PlanOptions wanted = StackRun.with(session, asked, codeFrom);
    services = StackRun.with(services, codeFrom);
    if (dryRun) {
      Set<String> selected = StackRun.selected(session, wanted);
      Map<String, jstack.rootfs.PreparedRootfs> here = session.present(selected);
      console.out().print(OpenWalls.text(session.manifest(), selected));
      console.out().print(PlanPrinter.text(StackRun.dry(session, wanted, here).plan()));
      return ExitCode.DONE;
    }
    boolean attached = !detach && !wait && !noStart && !watch;
    AttachedStack stack = null;
    StackRun run;
    Map<Path, String> seen = watch ? ManifestWatch.states(watched(console, session)) : Map.of();
    StackChange change;
    List<ContainerId> ids;
    DiagnosticException trouble = null;
    UpProgress progress;
    try (ProjectLock lock = session.lock("up", locking)) {
      run = prepare(console, session, wanted, services);
      change = new StackChange(session, run);
      ids = change.concerned();
      if (attached) {
        stack = attach(console, session);
        stack.printTo(printer(console, ids));
      }
      progress = progress(console, stack);
      try {
        if (settled != null) {
          settled.requireTruth(run.plan());
        }
        boolean idle = make(change, lock, progress);
        boolean swept = change.sweepFiles();
        if (settled != null && swept && idle) {
          settled.note(run);
        } else if (settled != null && swept) {
          settled.noteDone(run, wanted);
        }
      } catch (DiagnosticException e) {
        change.giveBackIds();
        trouble = e;
      }
    } finally {
      session.releaseRootfs();
    }
    if (stack != null && (trouble == null || anyRuns(session, ids))) {
      return stack.follow(ids, trouble);
    }
    if (trouble != null) {
      throw trouble;
    }
    if (watch) {
      return watch(console, session, wanted, services, seen);
    }
    if (wait) {
      Duration patience = patience();
      new StackWait(
              session.layout(),
              session.observer(),
              session.manifest(),
              DesiredState.once(session.manifest()),
              progress)
          .await(ids, patience == null ? StackWait.USUAL : patience);
    }
    return ExitCode.DONE;
  }

  private int watch(
      Console console,
      Session begin,
      PlanOptions wanted,
      List<String> named,
      Map<Path, String> seen)
      throws IOException {
    ManifestWatch.End end = new ManifestWatch.End();
    Interrupts.handle("INT", end::now);
    Interrupts.handle("TERM", end::now);
    Session[] last = {begin};
    console.err().println("watching " + begin.manifest().file() + "; Ctrl-C ends it");
    try {
      ManifestWatch.follow(
          console,
          () -> watched(console, last[0]),
          seen,
          () -> {
            Session session = new Session(console, options, LoadRequest.Purpose.RUN);
            StackRun.selected(session, wanted);
            last[0] = session;
            try (ProjectLock lock = session.lock("up", locking)) {
              StackRun run = prepare(console, session, wanted, named);
              StackChange change = new StackChange(session, run);
              try {
                make(change, lock, progress(console, null));
              } catch (DiagnosticException e) {
                change.giveBackIds();
                throw e;
              }
            } finally {
              session.releaseRootfs();
            }
          },
          end);
    } catch (InterruptedException e) {
      return ExitCode.CANCELLED;
    }
    return ExitCode.DONE;
  }

  /** Texts have names as they were written: beside the manifest, or seen from here. */
  private static Set<Path> watched(Console console, Session session) {
    Set<Path> files = new LinkedHashSet<>();
    Manifest manifest = session.manifest();
    Path folder = manifest.directory().toPath();
    files.add(folder.resolve(".env"));
    for (String name : console.texts().files()) {
      files.add(console.workingDirectory().resolve(name).normalize());
      files.add(folder.resolve(name).normalize());
    }
    ManifestWatch.add(manifest, files);
    return files;
  }

  private AttachedStack attach(Console console, Session session) {
    boolean onExit = abortOnExit || codeFrom != null;
    return new AttachedStack(
        console,
        session,
        new AttachedStack.Ending(onExit && !abortOnFailure, abortOnFailure, codeFrom),
        DesiredState.once(session.manifest()),
        quiet.isOn(),
        stopping.grace());
  }

  private LogPrinter printer(Console console, List<ContainerId> ids) {
    return new LogPrinter(
        console.out(),
        new ArrayList<>(ids),
        !noPrefix,
        timestamps,
        console.colour(),
        console.stdoutIsTerminal());
  }

  private static boolean anyRuns(Session session, List<ContainerId> ids) {
    return session.observed().containers().stream()
        .anyMatch(container -> ids.contains(container.id()) && container.state().isAlive());
  }

  /** Flags that have no sense together, before anything is done. */
  private void checkFlags(Session session) {
    boolean stays = abortOnExit || abortOnFailure || codeFrom != null;
    if (watch && (stays || wait || noStart)) {
      throw ExecVerb.usage("--watch applies edits until Ctrl-C", "leave out the other flags");
    }
    if (stays && (detach || wait || noStart)) {
      throw ExecVerb.usage(
          "the stack cannot be watched when up returns at once",
          "leave out -d, --wait, --no-start");
    }
    if (noStart && (detach || wait)) {
      throw ExecVerb.usage("--no-start starts nothing", "leave out " + (wait ? "--wait" : "-d"));
    }
    String from = codeFrom;
    if (from != null) {
      session.service(from);
    }
    patience();
    stopping.grace();
  }

  private @Nullable Duration patience() {
    Integer seconds = waitTimeout;
    if (seconds != null && seconds <= 0) {
      throw ExecVerb.usage("a wait of " + seconds + " seconds", "--wait-timeout 30");
    }
    return seconds == null ? null : Duration.ofSeconds(seconds);
  }

  private StackRun prepare(
      Console console, Session session, PlanOptions wanted, List<String> named) {
    FetchLines progress = new FetchLines(console, quiet.isOn());
    StackRun run = StackRun.prepare(session, wanted, Set.copyOf(named), progress);
    for (String orphan : run.orphanNames()) {
      console
          .err()
          .println(
              "warning: "
                  + orphan
                  + " is not in the manifest any more; --remove-orphans removes it");
    }
    return run;
  }

  private UpProgress progress(Console console, @Nullable AttachedStack stack) {
    return new UpProgress(console.err(), quiet.isOn(), stack == null ? EngineEvents.SILENT : stack);
  }

  /**
   * @return whether there was nothing to do
   */
  private boolean make(StackChange change, ProjectLock lock, UpProgress progress) {
    return noStart
        ? change.create(lock, progress, stopping.grace())
        : change.make(lock, progress, stopping.grace(), patience());
  }

  /** Null when what is asked for has to be planned each time. */
  private @Nullable SettledUp settled(Console console, Session session) {
    boolean changes = forceRecreate || noRecreate || noDependencies || noStart || dryRun;
    boolean stays = wait || watch || abortOnExit || abortOnFailure || codeFrom != null;
    if (!detach || changes || stays || !scales.isEmpty()) {
      return null;
    }
    return options
        .words(console)
        .map(words -> new SettledUp(console, session, words + locked + removeOrphans))
        .orElse(null);
  }
}
