package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import jstack.state.Observer;
import jstack.state.ProcessTable;
import jstack.state.StateLayout;
import jstack.support.Command;
import jstack.support.Eventually;
import jstack.support.Host;
import jstack.support.LeakCheck;

/**
 * The command jstack in a folder of its own, as a user has it; checks at the end that nothing is
 * left.
 */
final class Jstack implements AutoCloseable {
  private final Path folder;
  private final LeakCheck before;
  private final Map<String, String> environment;

  /** How one run of the command ended. */
  record Result(int code, String out, String err) {
    Result exits(int expected) {
      assertThat(code).as("exit code; stderr: %s; stdout: %s", err, out).isEqualTo(expected);
      return this;
    }

    Result says(String text) {
      assertThat(err).contains(text);
      return this;
    }

    Result prints(String text) {
      assertThat(out).contains(text);
      return this;
    }
  }

  Jstack(Path folder) throws IOException {
    Host.needsRoot();
    this.folder = folder;
    this.before = LeakCheck.take();
    this.environment =
        new HashMap<>(
            Map.of(
                "JSTACK_RUN", folder.resolve("state/run").toString(),
                "JSTACK_HOME", folder.resolve("state/home").toString(),
                "JSTACK_JAVA", ProcessHandle.current().info().command().orElse("java"),
                "JSTACK_ALWAYS_PLAN", "and see whether an up was right not to"));
  }

  /** As users have it: a stack that is as it was when nothing was to be done is not planned. */
  Jstack trusting() {
    environment.remove("JSTACK_ALWAYS_PLAN");
    return this;
  }

  /** Where each command from now on writes down the classes that it loads. */
  Path classLog() {
    Path log = folder.resolve("classes.log");
    variable("JSTACK_JAVA_OPTS", "-Xlog:class+load:file=" + log);
    return log;
  }

  /** Of all commands from now on. */
  void variable(String name, String value) {
    environment.put(name, value);
  }

  Path folder() {
    return folder;
  }

  Path home() {
    return folder.resolve("state/home");
  }

  /** Our directory in one hierarchy of this machine. */
  Path cgroup(String controller) {
    StateLayout layout = new StateLayout(run(), home());
    return Path.of("/sys/fs/cgroup", controller, layout.cgroup());
  }

  Path run() {
    return folder.resolve("state/run");
  }

  /** A rootfs that holds the probe alone, as a directory; the container sees no other program. */
  Path probeRootfs() throws IOException {
    Path root = folder.resolve("rootfs");
    if (!Files.exists(root)) {
      Files.createDirectories(root.resolve("etc"));
      Files.copy(Host.probe(), root.resolve("probe"));
      Files.writeString(
          root.resolve("etc/passwd"),
          "root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1001:web:/srv/web:/bin/sh\n");
      Files.writeString(root.resolve("etc/group"), "root:x:0:\nweb:x:1001:\nmore:x:1002:\n");
    }
    return root;
  }

  /** A rootfs of busybox, for what the probe cannot do: httpd, nc, ip. */
  Path busyboxRootfs() throws IOException {
    Path root = folder.resolve("busybox");
    if (!Files.exists(root)) {
      Path busybox = Host.needsTool("/bin/busybox");
      Files.createDirectories(root.resolve("bin"));
      Files.createDirectories(root.resolve("etc"));
      Files.createDirectories(root.resolve("www"));
      Files.copy(busybox, root.resolve("bin/busybox"));
      for (String name : Command.output("/bin/busybox", "--list").split("\n")) {
        if (!name.equals("busybox") && !name.isBlank()) {
          Files.createSymbolicLink(root.resolve("bin/" + name), Path.of("busybox"));
        }
      }
      Files.writeString(root.resolve("etc/passwd"), "root:x:0:0::/:/bin/sh\nweb:x:1000:1000::/:\n");
      Files.copy(Host.probe(), root.resolve("bin/probe"));
      Files.writeString(root.resolve("www/index.html"), "hello\n");
      Path script = Files.createDirectories(root.resolve("www/cgi-bin")).resolve("who");
      Files.writeString(
          script,
          "#!/bin/sh\necho\necho \"$(hostname) sees $(echo $REMOTE_ADDR | tr -d []f | sed s/^:*//)\"\n");
      assertThat(script.toFile().setExecutable(true)).isTrue();
    }
    return root;
  }

  /** Writes the manifest; {@code ROOTFS} stands for the probe's, {@code BUSYBOX} for its own. */
  Jstack manifest(String text) throws IOException {
    String whole = text.replace("ROOTFS", probeRootfs().toString());
    if (whole.contains("BUSYBOX")) {
      whole = whole.replace("BUSYBOX", busyboxRootfs().toString());
    }
    Files.writeString(folder.resolve("jstack.yaml"), whole);
    return this;
  }

  /** The number of the container's command, which is the child of its first process. */
  static long command(long init) throws IOException {
    String children = Files.readString(Path.of("/proc/" + init + "/task/" + init + "/children"));
    return Long.parseLong(children.trim().split(" ", -1)[0]);
  }

  /** The inode of a namespace of a container's command, as in {@code net:[4026531840]}. */
  String namespace(String container, String kind) throws IOException, InterruptedException {
    return namespace(pid(container), kind);
  }

  static String namespace(long init, String kind) throws IOException {
    return Files.readSymbolicLink(Path.of("/proc/" + command(init) + "/ns/" + kind)).toString();
  }

  Result jstack(String... words) throws IOException, InterruptedException {
    return finish(start(words), "");
  }

  Result jstackWithInput(String input, String... words) throws IOException, InterruptedException {
    return finish(start(words), input);
  }

  Process start(String... words) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Host.dist().resolve("bin/jstack").toString());
    command.addAll(List.of(words));
    return startCommand(command.toArray(String[]::new));
  }

  String command() {
    return Host.dist().resolve("bin/jstack").toString();
  }

  /** Any command in the folder and the environment of this one. */
  Process startCommand(String... command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().putAll(environment);
    builder.redirectOutput(Files.createTempFile(folder, "out", "").toFile());
    builder.redirectError(Files.createTempFile(folder, "err", "").toFile());
    Process process = builder.start();
    running.put(process, builder);
    return process;
  }

  private final Map<Process, ProcessBuilder> running = new HashMap<>();

  Result finish(Process process, String input) throws IOException, InterruptedException {
    try (var stdin = process.getOutputStream()) {
      stdin.write(input.getBytes(StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      assertThat(process.isAlive()).as("it closed its input").isFalse();
    }
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("jstack did not end within a minute; stderr: " + err(process));
    }
    return new Result(process.exitValue(), out(process), err(process));
  }

  String out(Process process) throws IOException {
    return Files.readString(
        running.get(process).redirectOutput().file().toPath(), StandardCharsets.ISO_8859_1);
  }

  String err(Process process) throws IOException {
    return Files.readString(
        running.get(process).redirectError().file().toPath(), StandardCharsets.UTF_8);
  }

  /** The number that the host gives to the first process of a container. */
  long pid(String container) throws IOException, InterruptedException {
    Long pid = pids().get(container);
    if (pid == null) {
      throw new AssertionError("no container " + container);
    }
    return pid;
  }

  /** The same of all containers that run. */
  Map<String, Long> pids() throws IOException, InterruptedException {
    Map<String, Long> pids = new HashMap<>();
    for (String line : jstack("ps", "--format", "json").exits(0).out().lines().toList()) {
      pids.put(
          line.replaceAll(".*\"name\":\"([^\"]*)\".*", "$1"),
          Long.parseLong(line.replaceAll(".*\"pid\":(\\d+).*", "$1")));
    }
    return pids;
  }

  @Override
  public void close() throws IOException {
    try {
      Path manifest = folder.resolve("jstack.yaml");
      if (Files.exists(manifest) || Files.exists(run())) {
        for (String project : projects()) {
          jstack("-p", project, "down", "-v", "-t", "0").exits(0);
        }
      }
      before.assertNothingLeft();
      assertThat(projects()).isEmpty();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /** As {@code ls} has them, without a process for it. */
  private List<String> projects() {
    StateLayout layout = new StateLayout(run(), home());
    return new Observer(layout, new ProcessTable(Path.of("/proc"))).projects();
  }

  /** What the supervisor of a container of the project demo has noted; empty without a record. */
  Map<String, String> status(String container) throws IOException {
    Path file = run().resolve("demo").resolve(container).resolve("status");
    Map<String, String> values = new HashMap<>();
    for (String line : Files.exists(file) ? Files.readAllLines(file) : List.<String>of()) {
      int equals = line.indexOf('=');
      values.put(line.substring(0, equals), line.substring(equals + 1));
    }
    return values;
  }

  /**
   * The containers of the project demo whose first process lives, with its number, as records and
   * kernel have it: for what is asked often, and for second opinions.
   */
  Map<String, Long> alive() throws IOException {
    Map<String, Long> found = new TreeMap<>();
    Path demo = run().resolve("demo");
    for (String name : Optional.ofNullable(demo.toFile().list()).orElse(new String[0])) {
      Map<String, String> status = status(name);
      if (status.containsKey("pid") && isAlive(status.get("pid"), status.get("start"))) {
        found.put(name, Long.parseLong(status.get("pid")));
      }
    }
    return found;
  }

  /** Kills the process that a record names, and waits until it is dead. */
  private void kill(String container, String pid, String start) throws Exception {
    Map<String, String> status = status(container);
    String number = Objects.requireNonNull(status.get(pid), "no record of " + container);
    String since = Objects.requireNonNull(status.get(start));
    Command.output("kill", "-KILL", number);
    Eventually.check(() -> assertThat(isAlive(number, since)).as(number).isFalse());
  }

  void killSupervisor(String container) throws Exception {
    kill(container, "supervisor_pid", "supervisor_start");
  }

  void killInit(String container) throws Exception {
    kill(container, "pid", "start");
  }

  /** Whether it is the process that was started then, and not a dead one that nobody reaps. */
  private static boolean isAlive(String pid, String start) {
    try {
      String stat = Files.readString(Path.of("/proc", pid, "stat"), StandardCharsets.ISO_8859_1);
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return !"ZX".contains(fields[0]) && fields[19].equals(start);
    } catch (IOException e) {
      return false;
    }
  }
}
