package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import jstack.support.Command;
import jstack.support.Eventually;
import jstack.support.Host;
import jstack.support.LeakCheck;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What was begun for somebody ends with them, also when they die while it is still on its way. */
@Tag("kernel")
class OrphanScenario extends JstackScenario {
  /** Waits and dies where it is told to; see crash.h. */
  private static final Path CRASHES = Host.shim().resolveSibling("jstack-shim-crash");

  private Set<String> before;

  @BeforeEach
  void makeContainer() throws Exception {
    before = LeakCheck.take().processes();
    Files.createDirectory(folder.resolve("seen"));
    jstack.manifest(
        """
        name: demo
        services:
          web:
            rootfs: BUSYBOX
            command: [sh, -c, "touch /seen/command; exec sleep 1000"]
            network_mode: none
            stop_grace_period: 0s
            volumes: ["./seen:/seen:rw"]
        """);
  }

  private Path container() {
    return jstack.run().resolve("demo/web-1");
  }

  /** The helper in the foreground; its init waits until somebody opens the FIFO. */
  private Process heldOnItsWay(String crash) throws Exception {
    jstack.jstack("create").exits(0);
    Files.writeString(container().resolve("crash"), crash);
    Command.output("mkfifo", container().resolve("crash.init").toString());
    return jstack.startCommand(
        CRASHES.toString(), "run", container().toString(), "" + ProcessHandle.current().pid());
  }

  /** Whoever waits at the FIFO, or comes there while it is open, goes on. */
  private static RandomAccessFile open(Path fifo) throws IOException {
    return new RandomAccessFile(fifo.toFile(), "rw");
  }

  /** Supervisors and inits that were begun since this test was. */
  private Set<String> ours() throws IOException {
    Set<String> now = new TreeSet<>(LeakCheck.take().processes());
    now.removeAll(before);
    return now;
  }

  @Test
  void aForegroundContainerWhoseSupervisorDiesOnTheWayNeverBegins() throws Exception {
    Process supervisor = heldOnItsWay("go on behind the clone\n1");
    assertThat(supervisor.waitFor()).isEqualTo(137);
    assertThat(ours()).as("its init").hasSize(1);
    try (RandomAccessFile open = open(container().resolve("crash.init"))) {
      Eventually.check(() -> assertThat(ours()).isEmpty());
    }
    assertThat(folder.resolve("seen/command")).doesNotExist();
  }

  private static Path pidNamespace(long pid) throws IOException {
    return Files.readSymbolicLink(Path.of("/proc/" + pid + "/ns/pid"));
  }

  /** The client of an exec is killed while its child in that namespace waits at the FIFO. */
  private void anExecIsKilledAt(Path fifo, Path namespace) throws Exception {
    Command.output("mkfifo", fifo.toString());
    Process exec =
        jstack.startCommand(
            "env",
            "JSTACK_JAVA_OPTS=-Djstack.shim=" + CRASHES,
            jstack.command(),
            "exec",
            "web",
            "sh",
            "-c",
            "touch /seen/exec; exec sleep 1000");
    Eventually.check(
        () -> {
          ProcessHandle client = exec.children().findFirst().orElseThrow();
          for (ProcessHandle child : client.children().toList()) {
            if (pidNamespace(child.pid()).equals(namespace)) {
              client.destroyForcibly();
              return;
            }
          }
          throw new AssertionError("it is not that far");
        });
    assertThat(exec.waitFor()).isEqualTo(137);
  }

  @Test
  void anExecWhoseClientIsKilledNeverBegins() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    long init = jstack.alive().get("web-1");
    Path members = jstack.cgroup("memory").resolve("demo/web-1/cgroup.procs");
    Path root = Path.of("/proc/" + init + "/root");
    Map<Path, Path> held =
        Map.of(
            folder.resolve("crash.exec"),
            pidNamespace(ProcessHandle.current().pid()),
            root.resolve("crash.command"),
            pidNamespace(Jstack.command(init)));
    for (Map.Entry<Path, Path> where : held.entrySet()) {
      anExecIsKilledAt(where.getKey(), where.getValue());
      try (RandomAccessFile open = open(where.getKey())) {
        Eventually.check(() -> assertThat(ours()).as("supervisor and init").hasSize(2));
        Eventually.check(
            () -> assertThat(Files.readAllLines(members)).as("init and command").hasSize(2));
      }
      assertThat(folder.resolve("seen/exec")).doesNotExist();
      Files.delete(where.getKey());
    }
  }

  /** The verb is killed when it has just forked the helper, and that goes on without it. */
  private void aCallerIsKilledAtOnce(String... words) throws Exception {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("env", "JSTACK_JAVA_OPTS=-Djstack.shim=" + CRASHES, jstack.command()));
    command.addAll(List.of(words));
    Process caller = jstack.startCommand(command.toArray(String[]::new));
    String helper = CRASHES + "\0" + words[0] + "\0";
    long[] pid = new long[1];
    Eventually.check(
        () -> {
          pid[0] = caller.children().findFirst().orElseThrow().pid();
          assertThat(Path.of("/proc/" + pid[0] + "/cmdline")).content().startsWith(helper);
        });
    caller.destroyForcibly().waitFor();
    try (RandomAccessFile open = open(folder.resolve("crash.main"))) {
      // A dead process has no working directory, also when nobody reaps it.
      Path alive = Path.of("/proc/" + pid[0] + "/cwd");
      Eventually.check(() -> assertThat(alive).doesNotExist());
    }
  }

  @Test
  void whoseCallerIsKilledAtOnceNeverBegins() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    Eventually.check(() -> Files.delete(folder.resolve("seen/command")));
    Command.output("mkfifo", folder.resolve("crash.main").toString());
    String sleep = "touch /seen/command; exec sleep 1000";
    aCallerIsKilledAtOnce("exec", "web", "sh", "-c", sleep);
    aCallerIsKilledAtOnce("run", "--rm", "web", "sh", "-c", sleep);
    assertThat(ours()).as("supervisor and init").hasSize(2);
    assertThat(folder.resolve("seen/command")).doesNotExist();
  }

  /** The first process of a container that is on its way. */
  private long initOnItsWay() throws Exception {
    Path own = pidNamespace(ProcessHandle.current().pid());
    AtomicLong init = new AtomicLong();
    Eventually.check(
        () -> {
          for (String pid : ours()) {
            if (!pidNamespace(Long.parseLong(pid)).equals(own)) {
              init.set(Long.parseLong(pid));
            }
          }
          assertThat(init.get()).isPositive();
        });
    return init.get();
  }

  @Test
  void anInitThatIsKilledOnTheWayIsAFailedStart() throws Exception {
    String why = "killed by signal 9 (Killed) before its command began";
    Process supervisor = heldOnItsWay("");
    Command.output("kill", "-KILL", "" + initOnItsWay());
    assertThat(supervisor.waitFor()).isEqualTo(125);
    assertThat(jstack.status("web-1")).containsEntry("state", "failed").containsEntry("pid", "0");
    assertThat(container().resolve("failure")).content().contains(why);

    Process up =
        jstack.startCommand(
            "env", "JSTACK_JAVA_OPTS=-Djstack.shim=" + CRASHES, jstack.command(), "start");
    Command.output("kill", "-KILL", "" + initOnItsWay());
    jstack.finish(up, "").exits(1).says("web-1 cannot start: " + why).says("memory");
    assertThat(jstack.status("web-1")).containsEntry("state", "failed").containsEntry("pid", "0");
    assertThat(jstack.jstack("ps", "-a").out()).contains("failed");
    assertThat(ours()).isEmpty();
    assertThat(folder.resolve("seen/command")).doesNotExist();
    Files.delete(container().resolve("crash.init"));
    jstack.jstack("up", "-d").exits(0);
  }
}
