package jstack.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.linux.CrashPoint;
import jstack.linux.FreeSpace;
import jstack.program.NetworkPart;
import jstack.state.PrivateDirectory;
import jstack.state.StateLayout;

/**
 * Runs the shell of a {@link NetworkScript} under a lock that it keeps when jstack is killed, and
 * finds a failing line again in the manifest.
 */
final class NetworkTools {
  private static final String HINT =
      "apt install iproute2 nftables util-linux, or write network_mode: none or host";

  private final Path directory;
  private final Path lock;

  NetworkTools(StateLayout layout, String project) {
    this.directory = layout.networkScript(project);
    this.lock = layout.networkLock(project);
  }

  /** The tools of a jstack that was killed work on; only when they are done is it known what is. */
  void awaitOthers() {
    if (!Files.exists(lock)) {
      return;
    }
    try {
      new ProcessBuilder("flock", "-w", "30", lock.toString(), "true")
          .inheritIO()
          .start()
          .waitFor();
    } catch (IOException e) {
      return; // without flock nobody runs
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Looks for the tools before anything is made.
   *
   * @throws DiagnosticException that the host lacks one
   */
  void require() {
    for (String tool : List.of("ip", "nft", "flock")) {
      boolean found = false;
      for (String directory : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
        found |= Files.isExecutable(Path.of(directory.isEmpty() ? "." : directory, tool));
      }
      if (!found) {
        throw missing(tool + " is missing", HINT);
      }
    }
  }

  /** Whether a table of the family inet is there. */
  static boolean hasTable(String name) {
    try {
      return new ProcessBuilder("nft", "-t", "list", "table", "inet", name)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Runs it to its end.
   *
   * @throws DiagnosticException with the tool's own words, at the line that asked for what failed
   */
  void run(NetworkScript script) {
    try {
      PrivateDirectory.make(directory);
      PrivateDirectory.make(Objects.requireNonNull(lock.getParent()));
      PrivateDirectory.openFile(lock).close();
      for (Map.Entry<String, List<NetworkPart.Line>> file : script.files().entrySet()) {
        StringBuilder text = new StringBuilder();
        file.getValue().forEach(line -> text.append(line.text()).append('\n'));
        CrashPoint.at("write " + file.getKey());
        Files.write(directory.resolve(file.getKey()), NetworkRunner.bytes(text.toString()));
      }
      CrashPoint.at("run ip and nft");
      execute(script);
      CrashPoint.at("remove the script of ip and nft");
      clear();
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "network-tools",
          "cannot run ip and nft: " + e.getMessage(),
          FreeSpace.hint(directory, e, "check the free space"));
    }
  }

  private void execute(NetworkScript script) throws IOException {
    Process process;
    try {
      process =
          new ProcessBuilder("flock", lock.toString(), "/bin/sh", "-c", script.shell())
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      throw missing("flock is missing", HINT);
    }
    String said;
    int code;
    try {
      process.getOutputStream().close();
      said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      code = process.waitFor();
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted");
    }
    if (code == 127) {
      throw missing("ip or nft is missing", HINT);
    }
    if (code != 0) {
      throw new DiagnosticException(Failure.OPERATION, diagnostic(script, said));
    }
  }

  private static DiagnosticException missing(String what, String hint) {
    return new DiagnosticException(
        Failure.HOST, Diagnostic.error(Origin.NONE, "network-tools", what).withHint(hint));
  }

  private void clear() throws IOException {
    try (DirectoryStream<Path> left = Files.newDirectoryStream(directory)) {
      for (Path file : left) {
        CrashPoint.at("remove a file of ip and nft");
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }

  private static Diagnostic diagnostic(NetworkScript script, String said) {
    Origin origin = Origin.NONE;
    List<String> details = new ArrayList<>();
    for (Map.Entry<String, List<NetworkPart.Line>> file : script.files().entrySet()) {
      int at = said.indexOf(file.getKey() + ":");
      int number = at < 0 ? 0 : number(said, at + file.getKey().length() + 1);
      if (number >= 1 && number <= file.getValue().size()) {
        NetworkPart.Line line = file.getValue().get(number - 1);
        origin = line.origin();
        details.add("in " + file.getKey() + ": " + line.text().trim());
        break;
      }
    }
    String first = said.isBlank() ? "no reason was given" : said.strip().lines().findFirst().get();
    return Diagnostic.error(origin, "network", "cannot make the networks: " + first)
        .withDetails(details)
        .withHint("see ip(8) and nft(8); nothing of it was started");
  }

  private static int number(String text, int from) {
    int number = 0;
    for (int i = from;
        i < text.length() && Character.isDigit(text.charAt(i)) && i < from + 6;
        i++) {
      number = number * 10 + Character.digit(text.charAt(i), 10);
    }
    return number;
  }
}
