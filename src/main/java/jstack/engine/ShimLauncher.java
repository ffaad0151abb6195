package jstack.engine;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import jstack.diag.DiagnosticException;
import jstack.linux.CrashPoint;

/**
 * The one helper process that serves a command, however many containers it starts. Requests
 * overlap; answers come in the order of completion.
 */
public final class ShimLauncher implements AutoCloseable {
  private final Process process;
  private final OutputStream requests;
  private final BufferedReader answers;

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
    answers =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
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
    request("start", runDirectory);
  }

  /** Asks for a container from its checkpoint; the program of that lies there, too. */
  public void restore(Path runDirectory) {
    request("restore", runDirectory);
  }

  /** Asks for a new supervisor of a container that runs without one. */
  public void adopt(Path runDirectory) {
    request("adopt", runDirectory);
  }

  /** Asks to end and clear away whatever is left of a container whose supervisor is gone. */
  public void clean(Path runDirectory) {
    request("clean", runDirectory);
  }

  private void request(String word, Path runDirectory) {
    CrashPoint.at("ask the launcher to " + word);
    byte[] bytes = (word + "\0" + runDirectory + "\0").getBytes(StandardCharsets.UTF_8);
    try {
      requests.write(bytes);
      requests.flush();
    } catch (IOException e) {
      throw died(String.valueOf(e.getMessage()));
    }
  }

  /** Whether {@link #await} would give one at once. */
  boolean hasAnswer() {
    try {
      return answers.ready() || !process.isAlive();
    } catch (IOException e) {
      return true; // await says what is wrong
    }
  }

  /** Waits for the next answer, whoever it is about. */
  public Answer await() {
    try {
      CrashPoint.at("wait for the launcher");
      String line = answers.readLine();
      if (line == null) {
        throw died("it ended without an answer");
      }
      int space = line.indexOf(' ');
      String word = line.substring(0, Math.max(space, 0));
      String rest = line.substring(space + 1);
      if (!word.equals("started")) {
        return new Answer(word, 0, Path.of(rest));
      }
      int second = rest.indexOf(' ');
      return new Answer(
          word, Long.parseLong(rest.substring(0, second)), Path.of(rest.substring(second + 1)));
    } catch (IOException e) {
      throw died(String.valueOf(e.getMessage()));
    }
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
