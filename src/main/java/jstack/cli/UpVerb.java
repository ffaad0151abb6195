package jstack.cli;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.engine.DesiredState;
import jstack.engine.Executor;
import jstack.engine.Layers;
import jstack.engine.LogFollower;
import jstack.engine.LogRecord;
import jstack.engine.LogTail;
import jstack.engine.StackWait;
import jstack.engine.StartOrder;
import jstack.manifest.LoadRequest;
import jstack.manifest.Manifest;
import jstack.manifest.Service;
import jstack.manifest.Sharing;
import jstack.plan.Action;
import jstack.plan.PlanOptions;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.ProjectLock;
import jstack.state.RunState;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "up",
    description = {
      "Make what the manifest says true, by the cheapest change.",
      "Without -d the output of the containers follows; Ctrl-C stops them, a second one kills them."
          + " The exit code is then 1 when a container ended with another code than 0, unless its"
          + " `expect` says so, and 2 when one did not hold its `expect`."
    })
final class UpVerb implements Verb {
  @Mixin private final ManifestOptions options = new ManifestOptions.WithPolicy();

  @Option(
      names = {"-d", "--detach"},
      description = "Leave the containers running and return.")
  private boolean detach;

  @Option(names = "--force-recreate", description = "Make every container anew.")
  private boolean forceRecreate;

  @Option(names = "--no-recreate", description = "Leave what runs alone, changed or not.")
  private boolean noRecreate;

  @Option(names = "--no-deps", description = "Not the services that the named ones need.")
  private boolean noDependencies;

  @Option(names = "--remove-orphans", description = "Remove what the manifest does not know.")
  private boolean removeOrphans;

  @Option(names = "--dry-run", description = "Show the plan and change nothing.")
  private boolean dryRun;

  @Option(
      names = "--wait",
      description =
          "As -d, and wait until all run, are healthy where they have a healthcheck, and have ended"
              + " with 0 where they run to completion.")
  private boolean wait;

  @Option(
      names = "--wait-timeout",
      paramLabel = "SECONDS",
      description =
          "How long to wait for that, and for what others depend on: 124 when it is over. 600"
              + " if not given.")
  private @Nullable Integer waitTimeout;

  @Option(
      names = {"-t", "--timeout"},
      paramLabel = "SECONDS",
      description = "How long a container may take to stop.")
  private @Nullable Integer timeout;

  @Option(names = "--no-log-prefix", description = "No names before the lines.")
  private boolean noPrefix;

  @Option(names = "--timestamps", description = "When each line was written.")
  private boolean timestamps;

  @Option(
      names = {"-q", "--quiet"},
      description = "No progress.")
  private boolean quiet;

  @Parameters(arity = "0..*", paramLabel = "SERVICE")
  private List<String> words = List.of();

  @Override
  public int run(Console console) throws IOException, InterruptedException {
    List<String> services = options.takeManifest(console, words);
    Session session = new Session(console, options, LoadRequest.Purpose.RUN);
    PlanOptions wanted =
        new PlanOptions(
            Set.copyOf(services), !noDependencies, forceRecreate, noRecreate, removeOrphans);
    StackRun.selected(session.manifest(), wanted);
    if (dryRun) {
      Set<String> selected = StackRun.selected(session.manifest(), wanted);
      Map<String, jstack.rootfs.PreparedRootfs> here = session.present(selected);
      console.out().print(OpenWalls.text(session.manifest(), selected));
      console.out().print(PlanPrinter.text(StackRun.dry(session, wanted, here).plan()));
      return ExitCode.DONE;
    }
    List<ContainerId> ids;
    try (ProjectLock lock = session.lock("up")) {
      ids = change(console, session, wanted, lock);
    }
    if (wait) {
      Duration patience = patience();
      new StackWait(
              session.layout(),
              session.observer(),
              session.manifest(),
              DesiredState.once(session.manifest()))
          .await(ids, patience == null ? StackWait.USUAL : patience);
    }
    return detach || wait ? ExitCode.DONE : attach(console, session, ids);
  }

  private @Nullable Duration patience() {
    Integer seconds = waitTimeout;
    if (seconds != null && seconds <= 0) {
      throw ExecVerb.usage("a wait of " + seconds + " seconds", "--wait-timeout 30");
    }
    return seconds == null ? null : Duration.ofSeconds(seconds);
  }

  private List<ContainerId> change(
      Console console, Session session, PlanOptions wanted, ProjectLock lock) throws IOException {
    StackRun run = StackRun.prepare(session, wanted, new FetchLines(console, quiet));
    for (String orphan : run.orphanNames()) {
      console
          .err()
          .println(
              "warning: "
                  + orphan
                  + " is not in the manifest any more; --remove-orphans removes it");
    }
    if (run.plan().isEmpty()) {
      if (!quiet) {
        console.err().println("nothing to do");
      }
    } else {
      session.record(run.manifest());
      Executor executor = session.executor(lock, new UpProgress(console.err(), quiet));
      try {
        executor.execute(
            run.plan(),
            run.observed(),
            run.layers(),
            run.connector(),
            StopOptions.grace(timeout),
            StartOrder.of(run.manifest(), patience()));
      } catch (DiagnosticException e) {
        giveBackIds(session, run);
        throw e;
      }
    }
    return run.plan().actions().stream()
        .filter(action -> !(action instanceof Action.Remove))
        .filter(action -> !(action instanceof Action.Keep) || !isDone(run, action.id()))
        .map(Action::id)
        .filter(id -> !Sharing.isHolder(id.service())) // they never say anything, nor end
        .toList();
  }

  /** Whether it ran to completion before, so that nothing more is to be heard of it. */
  private static boolean isDone(StackRun run, ContainerId id) {
    return run.observed().find(id).filter(container -> container.state().isOver()).isPresent();
  }

  /** Those who were not made after all need no user ids. */
  static void giveBackIds(Session session, StackRun run) {
    Layers layers = new Layers(session.layout());
    for (ContainerId id : run.desired().programs().keySet()) {
      if (session.observer().observe(id).isEmpty()) {
        layers.releaseUnlessKept(id);
      }
    }
  }

  private int attach(Console console, Session session, List<ContainerId> ids)
      throws IOException, InterruptedException {
    AtomicInteger interrupts = new AtomicInteger();
    Thread main = Thread.currentThread();
    Runnable onSignal =
        () -> {
          interrupts.incrementAndGet();
          main.interrupt();
        };
    Interrupts.handle("INT", onSignal);
    Interrupts.handle("TERM", onSignal);
    Map<ContainerId, Instant> begins = new HashMap<>();
    for (ObservedContainer container : session.observed().containers()) {
      container.status().ifPresent(status -> begins.put(container.id(), status.started()));
    }
    Output output = new Output(console, session.manifest(), ids, begins);
    LogFollower follower = new LogFollower(session.layout(), session.observer());
    for (ContainerId id : ids) {
      follower.follow(id, new LogTail(session.layout().log(id)));
    }
    try {
      follower.run(output, () -> interrupts.get() > 0);
    } catch (InterruptedException e) {
      // Said by the counter.
    }
    Thread.interrupted();
    if (interrupts.get() == 0) {
      return output.code();
    }
    Stopping.stopOnInterrupt(console, session, ids, interrupts, follower, output);
    return ExitCode.CANCELLED;
  }

  /** Lines of the containers to stdout, their ends to stderr; remembers what failed. */
  private final class Output implements LogFollower.Sink {
    private final Console console;
    private final LogPrinter printer;
    private final Map<ContainerId, Instant> begins;
    private final Manifest manifest;
    private boolean failed;
    private boolean overBudget;

    Output(
        Console console,
        Manifest manifest,
        List<ContainerId> ids,
        Map<ContainerId, Instant> begins) {
      this.console = console;
      this.manifest = manifest;
      this.begins = begins;
      this.printer =
          new LogPrinter(
              console.out(),
              new ArrayList<>(ids),
              !noPrefix,
              timestamps,
              console.colour(),
              console.stdoutIsTerminal());
    }

    @Override
    public void line(ContainerId id, LogRecord record) {
      Instant begin = begins.get(id);
      if (begin != null && record.at().isBefore(begin)) {
        return; // What an earlier run of the container said.
      }
      begins.remove(id);
      printer.print(id, record);
    }

    @Override
    public void ended(ObservedContainer container) {
      printer.flush();
      boolean known = container.state() == RunState.EXITED;
      if (!quiet) {
        String how = known ? "exited with code " + container.exitCode() : container.state() + "";
        String why = OutOfMemory.of(container);
        console.err().println(container.id().name() + "  " + how + why);
      }
      Service service = manifest.services().get(container.id().service());
      boolean judged = service != null && service.expect().exitCode() != null;
      failed |= (!known || container.exitCode() != 0) && !judged;
      if (service != null) {
        List<Diagnostic> failures =
            Budgets.failures(service, container.id().name(), container.receipt().orElse(null));
        console.print(failures);
        overBudget |= !failures.isEmpty();
      }
    }

    int code() {
      return overBudget ? ExitCode.BUDGET : failed ? ExitCode.FAILED : ExitCode.DONE;
    }

    @Override
    public void idle() {
      printer.flush();
    }
  }
}
