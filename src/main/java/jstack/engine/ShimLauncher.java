package jstack.engine;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.linux.CrashPoint;
import jstack.linux.SmallFile;
import jstack.state.StateLayout;
import jstack.state.Status;

/**
 * The one helper process that serves a command, however many containers it starts. Requests
 * overlap; answers come in the order of completion.
 */
public final class ShimLauncher implements AutoCloseable {
  /** What ends and clears away, and what takes over what runs, waits for nobody. */
  private static final Duration SHORT = Duration.ofMinutes(1);

  /** Less than a pipe holds: whoever asks is not held up by a helper that stands still. */
  private static final int UNREAD_BYTES = 32 * 1024;

  private static final String NAME = "jstack-shim";

  private final Process process;
  private final OutputStream requests;

  /** Its lines, read by a thread, for a read has no deadline; the empty one is the end. */
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

  /** Answers that came while somebody asked. */
  private final Deque<Answer> early = new ArrayDeque<>();

  private final Map<Path, Request> pending = new LinkedHashMap<>();
  private final StandStill standStill = new StandStill();
  private Duration patience = StackWait.USUAL;
  private int unread;

  /** What has been asked and not been answered. */
  private record Request(String word, long at, Duration patience, int bytes) {}

  /**
   * An answer of the helper.
   *
   * @param word {@code started}, {@code failed} or {@code cleaned}
   * @param pid the container's first process, 0 unless started
   */
  public record Answer(String word, long pid, Path runDirectory) {
    public boolean started() {
      return word.equals("started");
    }
  }

  public ShimLauncher(Path shim) {
    CrashPoint.at("start the launcher");
    ProcessBuilder builder = new ProcessBuilder(shim.toString(), "serve");
    clear(builder.environment());
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    try {
      process = builder.start();
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "helper-missing",
          "cannot run the helper " + shim + ": " + e.getMessage(),
          "install jstack anew");
    }
    requests = process.getOutputStream();
    Thread reader = new Thread(this::read, "answers");
    reader.setDaemon(true);
    reader.start();
  }

  private void read() {
    try (BufferedReader answers =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line; (line = answers.readLine()) != null; ) {
        lines.add(line);
      }
    } catch (IOException e) {
      // As at its end: nothing more comes.
    }
    lines.add("");
  }

  /** How long a start or a restore may take, from now on; hooks and criu are a part of it. */
  ShimLauncher within(Duration time) {
    patience = time;
    return this;
  }

  /**
   * The words of a helper that ends with this JVM: by our number it knows whether we are gone. That
   * is the number that getppid(2) gives it, whichever pid namespace /proc is of.
   *
   * @param verb {@code run} or {@code exec}
   * @param of the run directory, or the file of the program
   */
  static List<String> command(Path shim, String verb, Path of) {
    String caller = Long.toString(ProcessHandle.current().pid());
    return List.of(shim.toString(), verb, of.toString(), caller);
  }

  /** Nothing of the caller's environment reaches the helper, and so no container. */
  static void clear(Map<String, String> environment) {
    environment.clear();
    environment.put("LC_ALL", "C");
  }

  public ProcessHandle handle() {
    return process.toHandle();
  }

  /** Asks for a container; its program lies in the run directory. */
  public void start(Path runDirectory) {
    request("start", runDirectory, patience);
  }

  /** Asks for a container from its checkpoint; the program of that lies there, too. */
  public void restore(Path runDirectory) {
    request("restore", runDirectory, patience);
  }

  /** Asks for a new supervisor of a container that runs without one. */
  public void adopt(Path runDirectory) {
    request("adopt", runDirectory, SHORT);
  }

  /** Asks to end and clear away whatever is left of a container whose supervisor is gone. */
  public void clean(Path runDirectory) {
    request("clean", runDirectory, SHORT);
  }

  /** Subdirectories that a directory gets from now on shall lie apart on the disk; no answer. */
  public void spread(Path directory) {
    send(bytes("spread", directory));
  }

  private void request(String word, Path runDirectory, Duration time) {
    CrashPoint.at("ask the launcher to " + word);
    byte[] bytes = bytes(word, runDirectory);
    while (unread + bytes.length > UNREAD_BYTES && !pending.isEmpty()) {
      early.add(take());
    }
    unread += bytes.length;
    pending.put(runDirectory, new Request(word, System.nanoTime(), time, bytes.length));
    send(bytes);
  }

  private static byte[] bytes(String word, Path directory) {
    return (word + "\0" + directory + "\0").getBytes(StandardCharsets.UTF_8);
  }

  private void send(byte[] bytes) {
    try {
      requests.write(bytes);
      requests.flush();
    } catch (IOException e) {
      throw died(String.valueOf(e.getMessage()));
    }
  }

  /** Whether {@link #await} would give one at once. */
  boolean hasAnswer() {
    return !early.isEmpty() || !lines.isEmpty(); // of its end await says what is wrong
  }

  /**
   * Waits for the next answer, whoever it is about.
   *
   * @throws DiagnosticException {@link Failure#TIMEOUT} with the names of those that were waited
   *     for; the helper is gone then, and those that it had begun with are left to themselves
   */
  public Answer await() {
    CrashPoint.at("wait for the launcher");
    Answer first = early.poll();
    return first != null ? first : take();
  }

  private Answer take() {
    String line = null;
    while (line == null) {
      try {
        line = lines.poll(StandStill.PAUSE.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        throw Waiting.cancelled();
      }
      if (line == null) {
        requireHope();
      }
    }
    if (line.isEmpty()) {
      throw died("it ended without an answer");
    }
    Answer answer = parse(line);
    Request request = pending.remove(answer.runDirectory());
    unread -= request == null ? 0 : request.bytes();
    return answer;
  }

  private static Answer parse(String line) {
    int space = line.indexOf(' ');
    String word = line.substring(0, Math.max(space, 0));
    String rest = line.substring(space + 1);
    if (!word.equals("started")) {
      return new Answer(word, 0, Path.of(rest));
    }
    int second = rest.indexOf(' ');
    return new Answer(
        word, Long.parseLong(rest.substring(0, second)), Path.of(rest.substring(second + 1)));
  }

  /** Nobody is waited for who stands still, or who has had all its time. */
  private void requireHope() {
    List<Long> involved = new ArrayList<>(List.of(process.pid()));
    pending.forEach(
        (directory, request) -> {
          if (!request.word().equals("clean")) {
            supervisor(directory).ifPresent(involved::add);
          }
        });
    OptionalLong stopped = standStill.look(involved);
    long now = System.nanoTime();
    Map<Path, Request> late = new LinkedHashMap<>();
    pending.forEach(
        (directory, request) -> {
          boolean over = now - request.at() > request.patience().toNanos();
          boolean its =
              stopped.isPresent()
                  && (stopped.getAsLong() == process.pid()
                      || supervisor(directory).equals(Optional.of(stopped.getAsLong())));
          if (over || its) {
            late.put(directory, request);
          }
        });
    if (late.isEmpty()) {
      return;
    }
    // It would do later what nobody expects any more; whoever it has forked needs it no longer.
    process.destroyForcibly();
    throw late(late, stopped, now);
  }

  private static Optional<Long> supervisor(Path directory) {
    String text =
        SmallFile.text(StateLayout.statusIn(directory).toString(), StandardCharsets.UTF_8);
    return Status.parse(text).map(Status::supervisorPid).filter(pid -> pid > 0);
  }

  private static DiagnosticException late(Map<Path, Request> late, OptionalLong stopped, long now) {
    List<Diagnostic> problems = new ArrayList<>();
    late.forEach(
        (directory, request) -> {
          String what =
              switch (request.word()) {
                case "start" -> " has not started";
                case "restore" -> " is not restored";
                case "adopt" -> " has no new supervisor";
                default -> " is not cleared away";
              };
          String why =
              stopped.isPresent()
                  ? ": " + StandStill.words(NAME, stopped.getAsLong())
                  : " after " + (now - request.at()) / 1_000_000_000 + " s";
          problems.add(
              Diagnostic.error(Origin.NONE, "helper-timeout", directory.getFileName() + what + why)
                  .withHint(
                      stopped.isPresent()
                          ? "the same command again begins anew; see who sends SIGSTOP"
                          : "jstack ps shows how far it is, jstack down ends it"));
        });
    return new DiagnosticException(Failure.TIMEOUT, problems);
  }

  private static DiagnosticException died(String how) {
    return DiagnosticException.operation(
        "helper-died", "the helper jstack-shim is gone: " + how, "run the same command again");
  }

  /** Lets the helper finish what is under way. */
  @Override
  public void close() {
    try {
      requests.close();
    } catch (IOException e) {
      // It is gone already, and with it the pipe.
    }
  }
}
