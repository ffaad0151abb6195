package jstack.engine;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;

/** The program criu of this machine; see criu(8). */
final class Criu {
  /** Gigabytes of memory go to a disk or come from it, and no disk is that slow. */
  static final Duration MOST = Duration.ofHours(1);

  private static final int SHOWN = 4;

  /** Begins at a line of its input: killed before it says so, we have not begun anything. */
  private static final List<String> WHEN_NOTED =
      List.of("sh", "-c", "read -r noted && exec \"$@\" </dev/null", "sh");

  /** Of lines that it writes at every failure, or at every run inside of another container. */
  private static final List<String> NOISE =
      List.of("exited, status=", "FAILED.", "RLIMIT_NOFILE for self", "cgroupd: recv req error");

  /** What it cannot keep or bring back, by its own words, and what to do then. */
  private static final Map<String, String> MENDS =
      Map.of(
          "Connected TCP socket", "end its connections first: stop who is connected with it",
          "Can't get 1:16 opt", "kernels from 6.16 on need criu 4.2 or newer for sockets",
          "External socket is used", "end its connection with a socket of the machine first",
          "No space left on device", "free space below JSTACK_HOME",
          "Cannot allocate memory", "raise cgroup.memory.max: criu needs some 20 MB of its own",
          "Can't get rlimit", "criu needs CAP_SYS_RESOURCE, which root here does not have");

  private final Path file;

  private Criu(Path file) {
    this.file = file;
  }

  /**
   * Looks for it before anything is done.
   *
   * @throws DiagnosticException that the host has none
   */
  static Criu find(Map<String, String> environment) {
    for (String directory : environment.getOrDefault("PATH", "").split(":", -1)) {
      Path file = Path.of(directory.isEmpty() ? "." : directory, "criu").toAbsolutePath();
      if (Files.isExecutable(file) && !Files.isDirectory(file)) {
        return new Criu(file);
      }
    }
    throw missing("criu is missing", "apt-get install criu");
  }

  Path file() {
    return file;
  }

  /**
   * Runs it in the network and cgroup namespaces of a process: what it shares with a container it
   * does not keep. Neither Ctrl-C nor our death ends it, since it holds the container.
   *
   * @param began is told of the process before it does anything; what it throws ends that
   * @return whether it did what it was asked to
   */
  boolean run(long pid, List<String> words, Began began) throws IOException {
    List<String> command = new ArrayList<>(WHEN_NOTED);
    command.addAll(List.of("setsid", "--wait", "nsenter", "--target", Long.toString(pid)));
    command.addAll(List.of("--net", "--cgroup", "--", file.toString()));
    command.addAll(words);
    return call(command, began).code() == 0;
  }

  /** Hears of criu's process while it waits for its first word. */
  interface Began {
    void by(ProcessHandle process) throws IOException;
  }

  private record Ended(int code, String said) {}

  private static Ended call(List<String> command, Began began) throws IOException {
    Process process = start(command);
    try {
      began.by(process.toHandle());
    } catch (IOException | DiagnosticException e) {
      end(process.getOutputStream()); // who is not told to begin, ends
      throw e;
    }
    tell(process.getOutputStream());
    CompletableFuture<String> said = CompletableFuture.supplyAsync(() -> words(process));
    try {
      await(process);
      return new Ended(process.exitValue(), said.join());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Ended(1, "");
    }
  }

  private static String words(Process process) {
    try {
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }

  /**
   * Until it has ended. Killed, it lets its container go on like one that failed.
   *
   * @throws DiagnosticException {@link Failure#TIMEOUT} when it will not, or has had all its time
   */
  private static void await(Process process) throws InterruptedException {
    StandStill standStill = new StandStill();
    long begin = System.nanoTime();
    while (!process.waitFor(StandStill.PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
      List<Long> all = new ArrayList<>(List.of(process.pid()));
      process.descendants().forEach(each -> all.add(each.pid()));
      OptionalLong stopped = standStill.look(all);
      boolean over = System.nanoTime() - begin > MOST.toNanos();
      if (stopped.isPresent() || over) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
        throw new DiagnosticException(
            Failure.TIMEOUT,
            Diagnostic.error(
                    Origin.NONE,
                    "criu-timeout",
                    stopped.isPresent()
                        ? StandStill.words("criu", stopped.getAsLong())
                        : "criu has not ended after " + MOST.toMinutes() + " min")
                .withHint("it was killed; jstack ps shows that the container goes on"));
      }
    }
  }

  private static void tell(OutputStream input) {
    try {
      input.write('\n');
      input.flush();
    } catch (IOException e) {
      // Whoever does not read it has ended, and says why.
    }
    end(input);
  }

  private static void end(OutputStream input) {
    try {
      input.close();
    } catch (IOException e) {
      // The same.
    }
  }

  private static Process start(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    String path = builder.environment().getOrDefault("PATH", "");
    ShimLauncher.clear(builder.environment());
    builder.environment().put("PATH", path);
    try {
      return builder.start();
    } catch (IOException e) {
      throw missing("cannot run criu: " + e.getMessage(), "apt-get install criu util-linux");
    }
  }

  private static DiagnosticException missing(String what, String mend) {
    return new DiagnosticException(
        Failure.HOST, Diagnostic.error(Origin.NONE, "no-criu", what).withHint(mend));
  }

  /**
   * Why it did not do it: that it cannot work with this kernel at all, or what it says of the
   * container.
   *
   * @param log that it wrote
   */
  DiagnosticException failed(Diagnostic what, Path log) {
    Ended check = check();
    if (check.code() != 0) {
      List<String> errors = errors(check.said());
      String first = errors.isEmpty() ? "criu check fails" : errors.get(0);
      boolean old = check.said().contains("vdso");
      return new DiagnosticException(
          Failure.HOST,
          Diagnostic.error(Origin.NONE, "no-criu", "criu does not work on this kernel: " + first)
              .withHint(
                  old
                      ? "kernels from 6.13 on need criu 4.1 or newer; see criu check"
                      : "see criu check"));
    }
    Diagnostic why = explained(what, log);
    String said = String.join("\n", why.details());
    for (Map.Entry<String, String> mend : MENDS.entrySet()) {
      if (said.contains(mend.getKey())) {
        why = why.withHint(mend.getValue());
      }
    }
    return new DiagnosticException(Failure.OPERATION, why);
  }

  private Ended check() {
    try {
      return call(List.of(file.toString(), "check"), process -> {});
    } catch (IOException e) {
      return new Ended(1, "");
    }
  }

  /** With the last words of the log that are complaints. */
  static Diagnostic explained(Diagnostic what, Path log) {
    List<String> errors;
    try {
      errors = errors(Files.readString(log, StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      errors = List.of();
    }
    List<String> details = new ArrayList<>(what.details());
    errors
        .subList(Math.max(0, errors.size() - SHOWN), errors.size())
        .forEach(error -> details.add("criu: " + error));
    return what.withDetails(details);
  }

  /** {@code (00.012) Error (criu/net.c:3741): text}: only the text is for the user. */
  static List<String> errors(String log) {
    List<String> errors = new ArrayList<>();
    for (String line : log.split("\n", -1)) {
      int at = line.indexOf("Error (");
      int text = line.indexOf("): ", Math.max(at, 0));
      if (at >= 0 && text > 0 && NOISE.stream().noneMatch(line::contains)) {
        errors.add(line.substring(text + 3).strip());
      }
    }
    return errors;
  }
}
