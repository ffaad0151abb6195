package jstack.engine;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import jstack.diag.DiagnosticException;
import jstack.manifest.HostPath;
import jstack.state.KernelView;
import org.jspecify.annotations.Nullable;

/** Asks the helper, which can call bpf(2), what decides about devices; protocol in devices.h. */
final class DeviceFilters implements AutoCloseable {
  private final Path shim;
  private @Nullable Process process;
  private @Nullable BufferedReader answers;

  DeviceFilters(Path shim) {
    this.shim = shim;
  }

  KernelView.DeviceFilter ask(HostPath cgroup, String program) {
    try {
      OutputStream questions = start().getOutputStream();
      questions.write((cgroup + "\0" + program + "\0").getBytes(StandardCharsets.UTF_8));
      questions.flush();
      String line = answers == null ? null : answers.readLine();
      return line == null
          ? KernelView.DeviceFilter.UNKNOWN
          : KernelView.DeviceFilter.valueOf(line.toUpperCase(Locale.ROOT));
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "helper-missing",
          "cannot ask the helper " + shim + ": " + e.getMessage(),
          "install jstack anew");
    }
  }

  /** One for all questions, and none where there is no question. */
  private Process start() throws IOException {
    Process running = process;
    if (running == null) {
      ProcessBuilder builder = new ProcessBuilder(shim.toString(), "devices");
      ShimLauncher.clear(builder.environment());
      running = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
      process = running;
      answers =
          new BufferedReader(
              new InputStreamReader(running.getInputStream(), StandardCharsets.US_ASCII));
    }
    return running;
  }

  /** It ends when nobody can ask it any more. */
  @Override
  public void close() {
    Process running = process;
    if (running != null) {
      try {
        running.getOutputStream().close();
        running.waitFor();
      } catch (IOException e) {
        running.destroyForcibly();
      } catch (InterruptedException e) {
        running.destroyForcibly();
        Thread.currentThread().interrupt();
      }
    }
  }
}
