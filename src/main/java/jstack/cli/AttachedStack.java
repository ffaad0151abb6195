package jstack.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.engine.EngineEvents;
import jstack.engine.LogFollower;
import jstack.engine.LogRecord;
import jstack.engine.LogTail;
import jstack.manifest.Service;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.RunState;
import org.jspecify.annotations.Nullable;

/**
 * The stack of an up that stays: its output, and one exit code for all. A signal stops it, as an
 * end does that is not to be; it is never left half.
 */
final class AttachedStack implements LogFollower.Sink, EngineEvents {
  /**
   * What ends the whole stack, and whose code is jstack's.
   *
   * @param onExit any end but that of what ran to completion and ended well
   * @param onFailure an end with another code than 0, or than is expected
   * @param codeFrom the service whose end ends the stack and whose code it is; null is nobody
   */
  record Ending(boolean onExit, boolean onFailure, @Nullable String codeFrom) {}

  private final Console console;
  private final Session session;
  private final Ending ending;
  private final Set<String> once;
  private final boolean quiet;
  private final @Nullable Duration grace;
  private final AtomicInteger interrupts = new AtomicInteger();
  private final Map<ContainerId, Instant> begins = new HashMap<>();

  /** Of those that have started while others still wait for them. */
  private final Map<ContainerId, LogTail> tails = new LinkedHashMap<>();

  private volatile @Nullable LogFollower follows;
  private @Nullable LogPrinter printer;
  private boolean failed;
  private boolean overBudget;
  private @Nullable String why;
  private @Nullable Integer code;

  /**
   * From now on signals only end what is started; see {@link #isCancelled}.
   *
   * @param once the services that run to completion
   * @param grace instead of each container's own; null leaves that
   */
  AttachedStack(
      Console console,
      Session session,
      Ending ending,
      Set<String> once,
      boolean quiet,
      @Nullable Duration grace) {
    this.console = console;
    this.session = session;
    this.ending = ending;
    this.once = once;
    this.quiet = quiet;
    this.grace = grace;
    Interrupts.handle("INT", this::interrupt);
    Interrupts.handle("TERM", this::interrupt);
    Interrupts.handle("HUP", this::interrupt);
  }

  private void interrupt() {
    interrupts.incrementAndGet();
    LogFollower follower = follows;
    if (follower != null) {
      follower.wake();
    }
  }

  /** Whether the user wishes all of it to end. */
  @Override
  public boolean isCancelled() {
    return interrupts.get() > 0;
  }

  void printTo(LogPrinter to) {
    printer = to;
  }

  @Override
  public void started(ContainerId id, long pid) {
    session.observer().observe(id).ifPresent(this::noteBegin);
    tails.put(id, new LogTail(session.layout().log(id)));
  }

  private void noteBegin(ObservedContainer container) {
    container.status().ifPresent(status -> begins.put(container.id(), status.started()));
  }

  @Override
  public void waits() {
    try {
      for (Map.Entry<ContainerId, LogTail> tail : tails.entrySet()) {
        tail.getValue().poll(record -> line(tail.getKey(), record));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    idle();
  }

  /**
   * Follows the containers until all have ended, or are made to.
   *
   * @param trouble why not all were started; null when all were
   * @return the exit code
   */
  int follow(List<ContainerId> ids, @Nullable DiagnosticException trouble) throws IOException {
    for (ObservedContainer container : session.observed().containers()) {
      if (!tails.containsKey(container.id())) {
        noteBegin(container);
      }
    }
    LogFollower follower = new LogFollower(session.layout(), session.observer());
    for (ContainerId id : ids) {
      LogTail begun = tails.remove(id);
      follower.follow(id, begun != null ? begun : new LogTail(session.layout().log(id)));
    }
    follows = follower;
    if (trouble == null) {
      run(follower);
    }
    if (trouble == null && !isCancelled() && why == null) {
      return code();
    }
    boolean cancelled = isCancelled();
    if (cancelled) {
      console.err().println("stopping; once more to kill");
    } else if (why != null && !quiet) {
      console.err().println("stopping: " + why);
    }
    int codeSoFar = code();
    Set<String> services = new HashSet<>();
    ids.forEach(id -> services.add(id.service()));
    Stopping.stop(console, session, services, grace, interrupts, follower, this);
    if (cancelled) {
      return ExitCode.CANCELLED;
    }
    if (trouble != null) {
      throw trouble;
    }
    return code != null ? code : codeSoFar;
  }

  private void run(LogFollower follower) throws IOException {
    try {
      follower.run(this, () -> isCancelled() || why != null);
    } catch (InterruptedException e) {
      interrupts.incrementAndGet();
    }
  }

  private int code() {
    Integer known = code;
    return known != null
        ? known
        : overBudget ? ExitCode.BUDGET : failed ? ExitCode.FAILED : ExitCode.DONE;
  }

  @Override
  public void line(ContainerId id, LogRecord record) {
    Instant begin = begins.get(id);
    if (begin != null && record.at().isBefore(begin)) {
      return; // What an earlier run of the container said.
    }
    begins.remove(id);
    if (printer != null) {
      printer.print(id, record);
    }
  }

  @Override
  public void ended(ObservedContainer container) {
    idle();
    boolean kept = container.isCheckpointed();
    boolean known = container.state() == RunState.EXITED && !kept;
    String how = known ? "exited with code " + container.exitCode() : container.state() + "";
    how = kept ? "checkpointed" : how;
    String name = container.id().name();
    if (!quiet) {
      console.err().println(name + "  " + how + OutOfMemory.of(container));
    }
    Service service = session.manifest().services().get(container.id().service());
    boolean judged = service != null && service.expect().exitCode() != null;
    boolean fell = (!known || container.exitCode() != 0) && !judged && !kept;
    boolean budget = false;
    if (service != null) {
      List<Diagnostic> failures = Budgets.failures(service, name, container.receipt().orElse(null));
      console.print(failures);
      budget = !failures.isEmpty();
    }
    failed |= fell;
    overBudget |= budget;
    Integer expected = service == null ? null : service.expect().exitCode();
    int own = known ? RunVerb.code(container.exitCode(), expected, budget) : ExitCode.FAILED;
    decide(container.id(), own, name + " " + how);
  }

  /** Whether this end is that of the stack, and whether its code is. */
  private void decide(ContainerId id, int own, String how) {
    String from = ending.codeFrom();
    if (from != null && from.equals(id.service())) {
      code = code == null || code == 0 ? own : code;
      why = why == null ? how : why;
    } else if (why == null && ends(id, own)) {
      why = how;
      if (from == null) {
        code = own; // else that of the service that was named, which has not ended yet
      }
    }
  }

  private boolean ends(ContainerId id, int own) {
    boolean done = own == 0 && once.contains(id.service());
    return (ending.onExit() && !done) || (ending.onFailure() && own != 0);
  }

  @Override
  public void idle() {
    if (printer != null) {
      printer.flush();
    }
  }
}
