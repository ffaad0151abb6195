package jstack.state;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;

/**
 * The right to change one project. The kernel takes it back when its holder dies; see fcntl(2),
 * advisory record locking. Readers never need it.
 */
public final class ProjectLock implements AutoCloseable {
  /** For a launcher of a killed run, which has a few containers to finish. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final FileChannel channel;
  private final String holder;

  private ProjectLock(FileChannel channel, String holder) {
    this.channel = channel;
    this.holder = holder;
  }

  /**
   * Takes the lock of a project, and lets a launcher that a killed run left behind finish first.
   *
   * @param verb for the message that others get meanwhile
   * @throws DiagnosticException {@link Failure#LOCKED} when another run holds it
   */
  public static ProjectLock take(StateLayout layout, String project, String verb) {
    try {
      PrivateDirectory.make(layout.locks());
      FileChannel channel = PrivateDirectory.openFile(layout.lock(project));
      FileLock lock = channel.tryLock();
      if (lock == null) {
        String other = contents(channel);
        channel.close();
        throw locked(project, other);
      }
      waitForLauncher(contents(channel));
      String holder = ProcessHandle.current().pid() + " " + verb;
      ProjectLock taken = new ProjectLock(channel, holder);
      taken.note("");
      return taken;
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "state-directory",
          "cannot write below " + layout.run() + ": " + e.getMessage(),
          "run as root, or set JSTACK_RUN and JSTACK_HOME to directories of yours");
    }
  }

  /** Notes the process that goes on acting for this run should it be killed. */
  public void noteLauncher(long pid, String startInstant) throws IOException {
    note(" " + pid + " " + startInstant);
  }

  private void note(String more) throws IOException {
    channel.truncate(0);
    channel.write(ByteBuffer.wrap((holder + more + "\n").getBytes(StandardCharsets.UTF_8)), 0);
  }

  /**
   * Gives the lock back. Its file stays: removing it would let two runs hold two files of one name.
   */
  @Override
  public void close() {
    try (channel) {
      channel.truncate(0);
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
    if (words.size() != 4) {
      return;
    }
    Optional<ProcessHandle> launcher = ProcessHandle.of(Long.parseLong(words.get(2)));
    boolean same =
        launcher
            .flatMap(process -> process.info().startInstant())
            .map(start -> start.toString().equals(words.get(3)))
            .orElse(false);
    if (!same) {
      return;
    }
    if (!ends(launcher.orElseThrow())) {
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
  private static boolean ends(ProcessHandle process) {
    ProcessTable table = new ProcessTable(Path.of("/proc"));
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    boolean ended = table.isDead(process.pid());
    while (!ended && System.nanoTime() < deadline) {
      ended = isOver(process) || table.isDead(process.pid());
    }
    return ended;
  }

  /** Waits a little for the parent to ask for it. */
  private static boolean isOver(ProcessHandle process) {
    try {
      process.onExit().get(50, TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException | InterruptedException | ExecutionException e) {
      return false;
    }
  }

  private static DiagnosticException locked(String project, String holder) {
    List<String> words = List.of(holder.split(" ", -1));
    String who =
        words.size() >= 2 ? "pid " + words.get(0) + ", jstack " + words.get(1) : "another run";
    return new DiagnosticException(
        Failure.LOCKED,
        Diagnostic.error(
                Origin.NONE, "locked", "project " + project + " is being changed by " + who)
            .withHint("try again when it is done"));
  }
}
