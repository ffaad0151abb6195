package jstack.state;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.linux.CrashPoint;
import jstack.linux.FreeSpace;
import jstack.linux.OwnProcess;

/**
 * The right to change one project. The kernel takes it back when its holder dies; see fcntl(2),
 * advisory record locking. Readers never need it.
 */
public final class ProjectLock implements AutoCloseable {
  /** For a launcher of a killed run, which has a few containers to finish. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final int NOTE_BYTES = 120;

  private static final Duration PAUSE = Duration.ofMillis(20);

  /** Whoever waits longer is told for whom. */
  private static final Duration NOTICED = Duration.ofSeconds(1);

  private final FileChannel channel;
  private final String holder;

  private ProjectLock(FileChannel channel, String holder) {
    this.channel = channel;
    this.holder = holder;
  }

  /**
   * What is done when another run holds the lock.
   *
   * @param atMost how long to wait for it
   * @param notice hears who is waited for, when that takes more than a moment
   */
  public record Patience(Duration atMost, Consumer<String> notice) {
    public static final Patience NONE = new Patience(Duration.ZERO, holder -> {});
  }

  /** The same, and waits for nobody. */
  public static ProjectLock take(StateLayout layout, String project, String verb) {
    return take(layout, project, verb, Patience.NONE);
  }

  /**
   * Takes the lock of a project, and lets a launcher that a killed run left behind finish first.
   *
   * @param verb for the message that others get meanwhile
   * @throws DiagnosticException {@link Failure#LOCKED} when another run holds it for too long
   */
  public static ProjectLock take(
      StateLayout layout, String project, String verb, Patience patience) {
    try {
      PrivateDirectory.make(layout.locks());
      FileChannel channel = PrivateDirectory.openFile(layout.lock(project));
      ProjectLock taken = new ProjectLock(channel, OwnProcess.pid() + " " + verb);
      try {
        taken.await(project, patience);
        waitForLauncher(contents(channel));
        taken.note(taken.holder);
      } catch (IOException | DiagnosticException e) {
        channel.close();
        throw e;
      }
      return taken;
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "state-directory",
          "cannot write below " + layout.run() + ": " + e.getMessage(),
          FreeSpace.hint(
              layout.run(),
              e,
              "run as root, or set JSTACK_RUN and JSTACK_HOME to directories of yours"));
    }
  }

  /**
   * Asks again and again: nothing of Java waits for a lock and for a clock at once. Whoever comes
   * while others wait may be served before them.
   */
  private void await(String project, Patience patience) throws IOException {
    long begin = System.nanoTime();
    boolean said = false;
    while (channel.tryLock() == null) {
      long waited = System.nanoTime() - begin;
      if (waited >= patience.atMost().toNanos()) {
        throw locked(project, contents(channel), patience.atMost());
      }
      if (!said && waited > NOTICED.toNanos()) {
        patience.notice().accept(who(contents(channel)));
        said = true;
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }

  /** Notes the process that goes on acting for this run should it be killed. */
  public void noteLauncher(long pid) throws IOException {
    note(holder + " " + pid + " " + table().mark(pid));
  }

  /** Always as long, into the room that it has: on a full disk a project can still go down. */
  private void note(String text) throws IOException {
    CrashPoint.at("note the holder of the lock");
    byte[] line =
        (text + " ".repeat(Math.max(0, NOTE_BYTES - text.length())) + "\n")
            .getBytes(StandardCharsets.UTF_8);
    try {
      channel.write(ByteBuffer.wrap(line), 0);
    } catch (IOException e) {
      if (channel.size() > 0) {
        channel.truncate(0); // better nobody's name than another one's
      }
    }
  }

  /**
   * Gives the lock back. Its file stays: removing it would let two runs hold two files of one name.
   */
  @Override
  public void close() {
    CrashPoint.at("unlock");
    try (channel) {
      note("");
    } catch (IOException e) {
      // The kernel releases the lock with the descriptor; what the file says is only for messages.
    }
  }

  private static String contents(FileChannel channel) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(256);
    channel.read(buffer, 0);
    return new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8).strip();
  }

  private static void waitForLauncher(String contents) {
    List<String> words = List.of(contents.split(" ", -1));
    if (words.size() != 4 || !words.get(2).matches("[0-9]{1,18}")) {
      return; // nobody's, or torn
    }
    long launcher = Long.parseLong(words.get(2));
    String mark = words.get(3);
    if (mark.isEmpty() || !table().mark(launcher).equals(mark)) {
      return;
    }
    if (!ends(launcher)) {
      throw new DiagnosticException(
          Failure.LOCKED,
          Diagnostic.error(
                  Origin.NONE,
                  "locked",
                  "a launcher of an earlier run is still busy (pid " + words.get(2) + ")")
              .withHint("wait for it, or end that process"));
    }
  }

  /** A zombie has ended, too: some machines' pid 1 never asks for it. */
  private static boolean ends(long pid) {
    ProcessTable table = table();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    boolean ended = table.isDead(pid);
    while (!ended && System.nanoTime() < deadline) {
      ended = isOver(pid) || table.isDead(pid);
    }
    return ended;
  }

  private static ProcessTable table() {
    return new ProcessTable(Path.of("/proc"));
  }

  /** Waits a little for the parent to ask for it. */
  private static boolean isOver(long pid) {
    Optional<ProcessHandle> process = ProcessHandle.of(pid);
    if (process.isEmpty()) {
      return true;
    }
    try {
      process.get().onExit().get(50, TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException | InterruptedException | ExecutionException e) {
      return false;
    }
  }

  private static DiagnosticException locked(String project, String holder, Duration waited) {
    String tried = waited.isZero() ? "" : ", and was for " + waited.toMillis() / 1000.0 + " s";
    return new DiagnosticException(
        Failure.LOCKED,
        Diagnostic.error(
                Origin.NONE,
                "locked",
                "project " + project + " is being changed by " + who(holder) + tried)
            .withHint(
                waited.isZero()
                    ? "try again when it is done, or wait for it with --lock-timeout 1m"
                    : "try again when it is done"));
  }

  private static String who(String holder) {
    List<String> words = List.of(holder.split(" ", -1));
    return words.size() >= 2 ? "pid " + words.get(0) + ", jstack " + words.get(1) : "another run";
  }
}
