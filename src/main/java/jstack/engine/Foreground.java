package jstack.engine;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.linux.OwnProcess;
import jstack.linux.Signal;
import jstack.linux.SmallFile;
import jstack.program.Program;
import jstack.program.ProgramCodec;
import jstack.program.SupervisorInstruction;
import jstack.state.AtomicFile;
import jstack.state.ContainerId;
import jstack.state.FailureRecord;
import jstack.state.StateLayout;
import jstack.state.Status;
import org.jspecify.annotations.Nullable;

/**
 * A command whose streams are the caller's own: the helper takes over stdin, stdout and stderr and
 * gives its exit code.
 */
public final class Foreground {
  /** Joining namespaces waits for nobody. */
  private static final Duration SHORT = Duration.ofMinutes(1);

  /** What a supervisor needs after the grace to kill, drain and clear away. */
  private static final Duration MARGIN = Duration.ofSeconds(10);

  private static final int FAILED = 125;
  private static final int CANNOT_INVOKE = 126;
  private static final int NOT_FOUND = 127;

  private final StateLayout layout;
  private final Path shim;

  public Foreground(StateLayout layout, Path shim) {
    this.layout = layout;
    this.shim = shim;
  }

  /**
   * Runs one more command in a container that runs.
   *
   * @return the command's exit code, or 128 and the signal
   */
  public int exec(ContainerId id, Program program) {
    return exec(id, layout.execProgram(id, unique()), program);
  }

  /** What goes on between us and a command, besides its stderr. */
  public interface Exchange {
    void with(OutputStream toIt, InputStream fromIt) throws IOException;
  }

  /**
   * How a command ended that was talked with.
   *
   * @param said to its stderr, the first lines of it
   * @param cause why talking with it ended early; null when it did not
   */
  public record Talk(int code, String said, @Nullable IOException cause) {}

  /** Runs one more command in a container that runs, its streams being ours. */
  public Talk talk(ContainerId id, Program program, Exchange exchange) {
    Path file = layout.execProgram(id, unique());
    Path failure = file.resolveSibling(file.getFileName() + ".failure");
    try {
      AtomicFile.write(file, ProgramCodec.encode(program));
      ProcessBuilder builder = new ProcessBuilder(ShimLauncher.command(shim, "exec", file));
      ShimLauncher.clear(builder.environment());
      Talk talk = talk(builder.start(), exchange);
      checkFailure(id, program, failure, talk.code());
      return talk;
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "helper-missing", "cannot run the helper: " + e.getMessage(), "install jstack anew");
    } finally {
      deleteQuietly(file);
      deleteQuietly(failure);
    }
  }

  /** Runs a container of its own, its streams being ours; its run directory is prepared. */
  public Talk talkAlone(ContainerId id, Program program, Exchange exchange) {
    try {
      ProcessBuilder builder =
          new ProcessBuilder(ShimLauncher.command(shim, "run", layout.container(id)));
      ShimLauncher.clear(builder.environment());
      Talk talk = talk(builder.start(), exchange);
      checkFailure(id, program, layout.failure(id), talk.code());
      return talk;
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "helper-missing", "cannot run the helper: " + e.getMessage(), "install jstack anew");
    }
  }

  private static Talk talk(Process process, Exchange exchange) throws IOException {
    CompletableFuture<String> said =
        CompletableFuture.supplyAsync(() -> firstLines(process.getErrorStream()));
    IOException cause = null;
    try (OutputStream toIt = process.getOutputStream();
        InputStream fromIt = process.getInputStream()) {
      exchange.with(toIt, fromIt);
    } catch (IOException e) {
      cause = e;
    } finally {
      if (cause != null) {
        // Nobody reads what it would go on to write.
        process.getInputStream().close();
      }
    }
    while (true) {
      try {
        return new Talk(process.waitFor(), said.join(), cause);
      } catch (InterruptedException e) {
        process.destroy();
      }
    }
  }

  /** No more than anybody wants to read; the rest is read and dropped, so that nobody blocks. */
  private static String firstLines(InputStream in) {
    try (in) {
      String text = new String(in.readNBytes(4096), StandardCharsets.UTF_8);
      in.transferTo(OutputStream.nullOutputStream());
      return text;
    } catch (IOException e) {
      return "";
    }
  }

  private static String unique() {
    return OwnProcess.pid() + "-" + Long.toHexString(System.nanoTime());
  }

  /**
   * Runs a program of this machine in a namespace that no container holds.
   *
   * @return the command's exit code, or 128 and the signal
   */
  public int enter(String project, String name, Program program) {
    Path file = layout.project(project).resolve("enter-" + unique());
    return exec(ContainerId.of(project, name, 1), file, program);
  }

  private int exec(ContainerId id, Path file, Program program) {
    Path failure = file.resolveSibling(file.getFileName() + ".failure");
    try {
      AtomicFile.write(file, ProgramCodec.encode(program));
      // The helper takes its program away when it has read it.
      Limits limits =
          new Limits("a command in " + id.name(), () -> !Files.exists(file), SHORT, null);
      List<String> command = ShimLauncher.command(shim, "exec", file);
      int code = run(command, SupervisorUnit.NONE, null, Process::destroy, limits).code();
      checkFailure(id, program, failure, code);
      return code;
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "state-directory",
          "cannot write " + file + ": " + e.getMessage(),
          "check the free space");
    } finally {
      deleteQuietly(file);
      deleteQuietly(failure);
    }
  }

  /**
   * Runs a container of its own in the foreground; its run directory is prepared. An interrupted
   * thread stops it, as the end of its time does; a second interrupt kills it.
   *
   * @param unit where its supervisor lives
   * @param timeout null without a limit
   */
  public End run(ContainerId id, Program program, SupervisorUnit unit, @Nullable Duration timeout) {
    List<String> command = ShimLauncher.command(shim, "run", layout.container(id));
    SupervisorInstruction.Stop how =
        program
            .all(SupervisorInstruction.Stop.class)
            .findFirst()
            .orElse(new SupervisorInstruction.Stop(15, 10_000));
    int[] asked = {0};
    Stop stop =
        process -> {
          boolean again = asked[0]++ > 0;
          String words =
              again ? Signal.KILL.number() + " 0" : how.signal() + " " + how.graceMillis();
          try {
            ShimClient.send(layout.control(id), "stop " + words).close();
          } catch (IOException e) {
            process.destroy(); // it is not that far yet, or over
          }
        };
    Duration grace = Duration.ofMillis(how.graceMillis()).plus(MARGIN);
    Limits limits = new Limits(id.name(), () -> hasBegun(id), StackWait.USUAL, grace);
    End end = run(command, unit, timeout, stop, limits);
    checkFailure(id, program, layout.failure(id), end.code());
    return end;
  }

  private boolean hasBegun(ContainerId id) {
    String text = SmallFile.text(layout.status(id).toString(), StandardCharsets.UTF_8);
    return Status.parse(text).filter(s -> s.phase() != Status.Phase.STARTING).isPresent();
  }

  /**
   * How a run in the foreground ended.
   *
   * @param code the command's exit code, or 128 and the signal
   * @param late whether it was stopped because its time was over
   */
  public record End(int code, boolean late) {}

  private interface Stop {
    void stop(Process process);
  }

  /**
   * What a helper is waited for besides the command's own time.
   *
   * @param name of what has not begun, for the error
   * @param begun whether the command is under way: from then on its time is its own
   * @param start how long it may take until then
   * @param end how long it may go on after it was asked to stop; null leaves it to who asked
   */
  private record Limits(
      String name, BooleanSupplier begun, Duration start, @Nullable Duration end) {}

  private static End run(
      List<String> command,
      SupervisorUnit unit,
      @Nullable Duration timeout,
      Stop stop,
      Limits limits) {
    ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
    String terminal = builder.environment().getOrDefault("TERM", "");
    ShimLauncher.clear(builder.environment());
    builder.environment().put("TERM", terminal);
    try {
      return new Watch(start(builder, unit), timeout, stop, limits).end();
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "helper-missing",
          "cannot run the helper " + command.get(0) + ": " + e.getMessage(),
          "install jstack anew");
    }
  }

  /** One helper until its end, which comes whatever it does. */
  private static final class Watch {
    private final Process process;
    private final @Nullable Duration timeout;
    private final Stop stop;
    private final Limits limits;
    private final StandStill standStill = new StandStill();
    private final long begin = System.nanoTime();
    private boolean begun;
    private boolean late;
    private long stopBy = Long.MAX_VALUE;

    Watch(Process process, @Nullable Duration timeout, Stop stop, Limits limits) {
      this.process = process;
      this.timeout = timeout;
      this.stop = stop;
      this.limits = limits;
    }

    End end() {
      while (true) {
        try {
          long most = pause();
          if (most == Long.MAX_VALUE) {
            return new End(process.waitFor(), late);
          }
          if (process.waitFor(most, TimeUnit.NANOSECONDS)) {
            return new End(process.exitValue(), late);
          }
          look();
        } catch (InterruptedException e) {
          ask();
        }
      }
    }

    /** Nanoseconds until something is to be done; the largest number is never. */
    private long pause() {
      Duration time = timeout;
      long left =
          time == null || late
              ? Long.MAX_VALUE
              : Math.max(1, time.toNanos() - (System.nanoTime() - begin));
      boolean looks = !begun || stopBy != Long.MAX_VALUE;
      return looks ? Math.min(left, StandStill.PAUSE.toNanos()) : left;
    }

    private void ask() {
      stop.stop(process);
      Duration end = limits.end();
      stopBy = end == null ? stopBy : System.nanoTime() + end.toNanos();
    }

    private void look() {
      long now = System.nanoTime();
      Duration time = timeout;
      if (time != null && !late && now - begin >= time.toNanos()) {
        late = true;
        ask();
      }
      if (now > stopBy) {
        throw givenUp(limits.name() + " has been asked to end, and did not");
      }
      begun = begun || limits.begun().getAsBoolean();
      if (begun) {
        return;
      }
      long waited = now - begin;
      OptionalLong stopped = standStill.look(List.of(process.pid()));
      if (stopped.isPresent()) {
        throw givenUp(
            limits.name() + " has not begun: " + StandStill.words("jstack-shim", process.pid()));
      }
      if (waited > limits.start().toNanos()) {
        throw givenUp(limits.name() + " has not begun after " + waited / 1_000_000_000 + " s");
      }
    }

    /** SIGKILL reaches who stands still, too, and what it holds goes with it. */
    private DiagnosticException givenUp(String why) {
      process.destroyForcibly();
      return new DiagnosticException(
          Failure.TIMEOUT,
          Diagnostic.error(Origin.NONE, "helper-timeout", why)
              .withHint("its helper, process " + process.pid() + ", was killed"));
    }
  }

  /**
   * A child is born where its parent is, and the helper begins at once: so we go there and back.
   */
  private static Process start(ProcessBuilder builder, SupervisorUnit unit) throws IOException {
    long self = OwnProcess.pid();
    unit.adopt(self);
    try {
      return builder.start();
    } finally {
      unit.release(self);
    }
  }

  static void checkFailure(ContainerId id, Program program, Path file, int code) {
    if (code != FAILED && code != CANNOT_INVOKE && code != NOT_FOUND) {
      return;
    }
    Optional<FailureRecord> record;
    try {
      record = FailureRecord.parse(Files.readString(file, StandardCharsets.UTF_8));
    } catch (IOException e) {
      return; // The command's own exit code.
    }
    if (record.isEmpty()) {
      return;
    }
    Failure failure =
        switch (code) {
          case CANNOT_INVOKE -> Failure.CANNOT_INVOKE;
          case NOT_FOUND -> Failure.COMMAND_NOT_FOUND;
          default -> Failure.COULD_NOT_RUN;
        };
    Diagnostic diagnostic = ShimReport.diagnostic(id, program, record.get());
    throw new DiagnosticException(failure, diagnostic);
  }

  private static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // It lies in a directory that goes with the container.
    }
  }
}
