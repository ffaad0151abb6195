package jstack.engine;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

/** What is asked of systemd, through its own tools: no bus needs to run for root. */
class SystemdTools {
  private static final Set<String> ALIVE = Set.of("active", "activating", "reloading");

  /** A scope with one process in it; it lives until it is closed. */
  static final class Holder implements AutoCloseable {
    private final Process process;

    Holder(Process process) {
      this.process = process;
    }

    @Override
    public void close() {
      try {
        process.getOutputStream().close();
      } catch (IOException e) {
        // It ended already.
      }
      SystemdTools.await(process);
    }
  }

  /**
   * Whether a unit is up. The answer is newer than every process that has joined the unit's cgroup
   * before: systemd looks at its cgroups first, then at its callers.
   */
  boolean isActive(String unit) throws IOException {
    Process process = start(List.of("systemctl", "show", "--property=ActiveState", unit));
    process.getOutputStream().close();
    String said = text(process.getInputStream());
    await(process);
    return ALIVE.contains(said.substring(said.indexOf('=') + 1));
  }

  /**
   * Makes a scope.
   *
   * @throws IOException with the words of systemd when it does not want to
   */
  Holder makeScope(String unit, String slice) throws IOException {
    Process process =
        start(
            List.of(
                "systemd-run",
                "--scope",
                "--quiet",
                "--collect",
                "--unit=" + unit,
                "--slice=" + slice,
                "--description=containers of jstack",
                "--property=Delegate=yes",
                "--property=TasksMax=infinity",
                "cat"));
    try {
      OutputStream in = process.getOutputStream();
      in.write('\n');
      in.flush();
    } catch (IOException e) {
      // It has ended, and says below why.
    }
    if (process.getInputStream().read() < 0) {
      String why = text(process.getErrorStream());
      await(process);
      throw new IOException(why.isEmpty() ? "systemd-run " + unit + " ended at once" : why);
    }
    return new Holder(process);
  }

  private static Process start(List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("LC_ALL", "C");
    return builder.start();
  }

  private static String text(InputStream stream) throws IOException {
    return new String(stream.readAllBytes(), StandardCharsets.UTF_8).strip();
  }

  private static void await(Process process) {
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
