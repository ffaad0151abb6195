package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jstack.linux.MountInfo;
import jstack.support.Eventually;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes go to disk and come back, or nothing of them is touched. */
@Tag("kernel")
class CheckpointScenario {
  /** Says its own number and how far it has counted; only its memory knows. */
  private static final String COUNT =
      "trap 'exit 7' TERM; i=0; while :; do i=$$((i+1)); echo $$$$ $$i; usleep 20000; done";

  private static final String COUNTER =
      """
      name: demo
      services:
        a:
          rootfs: BUSYBOX
          command: [/bin/sh, -c, "%s"]
          namespaces: {user: host}
          network_mode: none
      """
          .formatted(COUNT);

  @TempDir Path folder;
  private Jstack jstack;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  /** Debian 12's criu cannot work on kernels from 6.13 on: then this part is not tested here. */
  private static void needsCriu() throws Exception {
    boolean works;
    try {
      Process check = new ProcessBuilder("criu", "check").redirectErrorStream(true).start();
      check.getInputStream().readAllBytes();
      works = check.waitFor() == 0;
    } catch (IOException e) {
      works = false;
    }
    Assumptions.assumeTrue(works, "criu check says that criu cannot work on this kernel");
  }

  private List<String> counted(String service) throws Exception {
    return jstack.jstack("logs", "--no-log-prefix", service).exits(0).out().lines().toList();
  }

  private int awaitMore(String service, int than) throws Exception {
    Eventually.check(() -> assertThat(counted(service)).hasSizeGreaterThan(than));
    return counted(service).size();
  }

  /** Every number once, in order, by one process. */
  private static void assertWithoutGap(List<String> lines) {
    String pid = lines.get(0).split(" ", -1)[0];
    List<String> expected = new ArrayList<>();
    for (int i = 1; i <= lines.size(); i++) {
      expected.add(pid + " " + i);
    }
    assertThat(lines).isEqualTo(expected);
  }

  private List<String> mounts(String service) throws Exception {
    return MountInfo.parseAll(
            jstack.jstack("exec", service, "cat", "/proc/self/mountinfo").exits(0).out())
        .stream()
        .map(m -> m.mountPoint() + " " + m.root() + " " + m.type() + " " + m.options())
        .sorted()
        .toList();
  }

  @Test
  void aCounterGoesOnFromWhereItWas() throws Exception {
    needsCriu();
    jstack.manifest(COUNTER).jstack("up", "-d").exits(0);
    awaitMore("a", 5);
    final List<String> before = mounts("a");
    jstack.jstack("checkpoint", "a").exits(0).says("a-1  checkpointed");
    int kept = counted("a").size();
    jstack.jstack("ps", "-a").prints("checkpointed");
    assertThat(jstack.cgroup("unified")).doesNotExist();

    jstack.jstack("restore", "a").exits(0).says("a-1  restored");
    awaitMore("a", kept + 5);
    assertWithoutGap(counted("a"));
    assertThat(mounts("a")).isEqualTo(before);
    assertThat(jstack.jstack("exec", "a", "ps").out()).contains("echo $$ $i");
    assertThat(jstack.home().resolve("checkpoints")).doesNotExist();
    jstack.jstack("restore", "a").exits(1).says("a-1 has no checkpoint");

    // What came back can be kept again, and ends as any other.
    jstack.jstack("checkpoint").exits(0);
    jstack.jstack("restore").exits(0).says("a-1  restored");
    awaitMore("a", counted("a").size());
    jstack.jstack("stop", "a").exits(0).says("a-1  stopped  exit code 7");
    assertWithoutGap(counted("a"));
  }

  @Test
  void itsNetworkItsMountsAndItsLimitsAreThoseThatItHad() throws Exception {
    needsCriu();
    Files.writeString(Files.createDirectories(folder.resolve("data")).resolve("word"), "hello");
    jstack
        .manifest(
            COUNTER.replace("    network_mode: none\n", "")
                + "    mounts: [./data:/data:ro, {type: tmpfs, target: /scratch}]\n"
                + "    cgroup: {memory: {max: 64m}, pids: {max: 33}}\n"
                + "    ports: [\"18080:80\"]\n")
        .jstack("up", "-d")
        .exits(0);
    jstack.jstack("exec", "a", "sh", "-c", "echo kept > /scratch/word").exits(0);
    int lines = awaitMore("a", 3);
    final List<String> before = mounts("a");
    final String network = jstack.namespace("a-1", "net");
    final String address = jstack.jstack("exec", "a", "ip", "-o", "addr").exits(0).out();
    jstack.jstack("checkpoint").exits(0);
    jstack.jstack("restore").exits(0);
    awaitMore("a", lines + 3);
    assertThat(mounts("a")).isEqualTo(before);
    assertThat(jstack.namespace("a-1", "net")).isEqualTo(network);
    assertThat(jstack.jstack("exec", "a", "ip", "-o", "addr").out()).isEqualTo(address);
    jstack.jstack("exec", "a", "cat", "/data/word", "/scratch/word").prints("hellokept");
    Path limit = jstack.cgroup("pids").resolve("demo/a-1/pids.max");
    assertThat(limit).hasContent("33");
    assertThat(limit.resolveSibling("cgroup.procs")).content().contains("" + jstack.pid("a-1"));
  }

  @Test
  void aRestoreThatFailsLeavesNothingButTheCheckpoint() throws Exception {
    needsCriu();
    jstack.manifest(COUNTER).jstack("up", "-d").exits(0);
    int lines = awaitMore("a", 5);
    jstack.jstack("checkpoint").exits(0);
    with(fakeCriu("exit 1", ""), "restore").exits(1).says("cannot restore the checkpoint");
    assertThat(jstack.pids()).isEmpty();
    assertThat(jstack.cgroup("unified")).doesNotExist();
    jstack.jstack("restore").exits(0);
    awaitMore("a", lines + 5);
    assertWithoutGap(counted("a"));
    jstack.jstack("restore").exits(0).says("nothing to do");
  }

  @Test
  void whoRunsOrHasChangedIsNotRestored() throws Exception {
    needsCriu();
    jstack.manifest(COUNTER).jstack("up", "-d").exits(0);
    jstack.jstack("checkpoint").exits(0);
    jstack.jstack("start").exits(0);
    jstack.jstack("restore").exits(1).says("a-1 runs");
    jstack.manifest(COUNTER.replace("usleep 20000", "usleep 30000")).jstack("up", "-d").exits(0);
    jstack.jstack("stop", "-t", "0").exits(0);
    jstack.jstack("restore").exits(1).says("another one since its checkpoint");
    jstack.jstack("down").exits(0);
    assertThat(jstack.home().resolve("checkpoints/demo/a-1")).exists();
    jstack.jstack("down", "-v").exits(0);
    assertThat(jstack.home().resolve("checkpoints")).doesNotExist();
  }

  private Path fakeCriu(String otherwise, String check) throws IOException {
    Path bin = Files.createDirectories(folder.resolve("bin"));
    Path criu = bin.resolve("criu");
    Files.writeString(
        criu, "#!/bin/sh\n[ \"$1\" != check ] || {\n" + check + "\nexit 0\n}\n" + otherwise + "\n");
    assertThat(criu.toFile().setExecutable(true)).isTrue();
    return bin;
  }

  private Jstack.Result with(Path bin, String... words) throws Exception {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("env", "PATH=" + bin + ":/usr/bin:/bin", jstack.command()));
    command.addAll(List.of(words));
    return jstack.finish(jstack.startCommand(command.toArray(String[]::new)), "");
  }

  private void assertUntouched(long pid, int lines) throws Exception {
    assertThat(jstack.pid("a-1")).isEqualTo(pid);
    awaitMore("a", lines);
    assertWithoutGap(counted("a"));
    assertThat(jstack.home().resolve("checkpoints")).doesNotExist();
  }

  @Test
  void withoutACriuThatWorksTheContainerGoesOn() throws Exception {
    jstack.manifest(COUNTER).jstack("up", "-d").exits(0);
    long pid = jstack.pid("a-1");
    int lines = awaitMore("a", 2);
    Path empty = Files.createDirectories(folder.resolve("empty"));
    for (String verb : List.of("checkpoint", "restore")) {
      with(empty, verb).exits(69).says("criu is missing").says("apt-get install criu");
    }
    String old = "echo 'Error (criu/vdso.c:381): vdso: Unexpected rt vDSO area bounds'; exit 1";
    with(fakeCriu("exit 1", old), "checkpoint", "a")
        .exits(69)
        .says("criu does not work on this kernel: vdso: Unexpected rt vDSO area bounds")
        .says("criu 4.1 or newer");
    with(fakeCriu("exit 1", ""), "checkpoint", "a")
        .exits(1)
        .says("cannot checkpoint a-1, which goes on");
    assertUntouched(pid, lines);
  }

  @Test
  void whatCannotBeKeptIsRefusedAtItsLine() throws Exception {
    jstack
        .manifest(
            """
            name: demo
            services:
              a:
                rootfs: ROOTFS
                command: [/probe, count]
                network_mode: none
              b:
                rootfs: {path: ROOTFS, mode: ephemeral}
                command: [/probe, count]
                network_mode: none
                namespaces: {user: host, pid: host}
            """)
        .jstack("up", "-d")
        .exits(0);
    Path bin = fakeCriu("exit 1", "");
    with(bin, "checkpoint", "a").exits(1).says("jstack.yaml:").says("namespaces: {user: host}");
    with(bin, "checkpoint", "b")
        .exits(1)
        .says("jstack.yaml:8:13: error: services.b.rootfs")
        .says("rootfs: {mode: overlay}")
        .says("jstack.yaml:11:17: error: services.b.namespaces")
        .says("namespaces: {pid: new}");
    assertThat(jstack.pids()).hasSize(2);
  }
}
