package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import jstack.support.Command;
import jstack.support.Eventually;
import jstack.support.LyingServer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the machine does to our files: torn ones, reused pids, reboots, no room left. */
class FaultScenario extends JstackScenario {
  private static final List<String> READERS = List.of("ps", "plan", "ls", "report", "logs");

  private static final String STACK =
      """
      name: demo
      services:
        a: {rootfs: ROOTFS, command: [/probe, count], network_mode: none, stop_grace_period: 0s}
        b: {rootfs: ROOTFS, command: [/probe, sleep], network_mode: none, stop_grace_period: 0s}
      """;

  @BeforeEach
  void writeManifest() throws Exception {
    jstack.manifest(STACK);
  }

  private Path record(String container, String name) {
    return jstack.run().resolve("demo").resolve(container).resolve(name);
  }

  private void edit(String container, String key, String value) throws IOException {
    Path file = record(container, "status");
    String text = Files.readString(file);
    Files.writeString(file, text.replaceAll("(?m)^" + key + "=.*$", key + "=" + value));
  }

  private static void kill(long pid) throws IOException {
    Command.output("kill", "-KILL", Long.toString(pid));
  }

  /** A verb that neither is confused nor thinks that it is wrong itself. */
  private Jstack.Result sane(String... words) throws Exception {
    Jstack.Result result = jstack.jstack(words);
    assertThat(result.err()).doesNotContain("bug of jstack").doesNotContain("Exception");
    return result;
  }

  /** As many as there should be, and each in a cgroup that somebody knows. */
  private void bothRunOnce() throws Exception {
    assertThat(jstack.alive()).containsOnlyKeys("a-1", "b-1");
    for (String name : List.of("a-1", "b-1")) {
      assertThat(
              Files.readAllLines(jstack.cgroup("memory").resolve("demo/" + name + "/cgroup.procs")))
          .as("init and command of " + name)
          .hasSize(2);
    }
  }

  /** Every file that the run directory has of the project, sorted. */
  private List<Path> records() throws IOException {
    try (Stream<Path> all = Files.walk(jstack.run())) {
      return all.filter(Files::isRegularFile)
          .filter(file -> !file.toString().contains("/.control/"))
          .filter(file -> !file.getFileName().toString().startsWith("log"))
          .sorted()
          .toList();
    }
  }

  @Test
  void aTornFileCostsAtMostTheHistoryOfItsContainer() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    jstack.jstack("restart", "b").exits(0);
    List<String> torn = new ArrayList<>();
    for (Path file : records()) {
      byte[] whole = Files.readAllBytes(file);
      byte[][] tears = {
        {},
        java.util.Arrays.copyOf(whole, whole.length / 2),
        "\0\377{\n=\n".getBytes(StandardCharsets.ISO_8859_1)
      };
      byte[] tear = tears[torn.size() % tears.length];
      String name = jstack.run().relativize(file).toString();
      torn.add(name);
      long b = jstack.alive().get("b-1");
      Files.write(file, tear);
      if (torn.size() % 2 == 0) {
        sane(READERS.get(torn.size() / 2 % READERS.size())).exits(0);
      }
      sane("up", "-d").exits(0);
      bothRunOnce();
      if (name.startsWith("demo/a-1/")) {
        assertThat(jstack.alive().get("b-1")).as("b when " + name + " is torn").isEqualTo(b);
      }
      if (file.endsWith("status")) {
        sane("up", "-d").exits(0).says("nothing to do");
        assertThat(jstack.status(file.getParent().getFileName().toString())).containsKey("pid");
      }
    }
    assertThat(torn)
        .contains("demo/project", "demo/a-1/program", "demo/a-1/status", "demo/b-1/exit");
    jstack.jstack("down").exits(0);
  }

  @Test
  @Timeout(60)
  void aPipeInThePlaceOfARecordHoldsNobody() throws Exception {
    for (String name : List.of(".journal/events", "demo/project", "demo/a-1/program")) {
      jstack.jstack("up", "-d").exits(0);
      Path file = jstack.run().resolve(name);
      Files.delete(file);
      Command.output("mkfifo", file.toString());
      sane("ps").exits(0);
      sane("logs", "-n", "1").exits(0);
      sane("up", "-d").exits(0);
      bothRunOnce();
      sane("down").exits(0);
      Files.deleteIfExists(file);
    }
    jstack.jstack("up", "-d").exits(0);
    Path log = record("a-1", "log");
    Files.delete(log);
    Command.output("mkfifo", log.toString());
    sane("logs", "a").exits(0);
    Files.delete(log);
    sane("down").exits(0);
  }

  @Test
  void aTornStatusOfARunningContainerIsWrittenAgainByItsSupervisor() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    Map<String, Long> pids = jstack.alive();
    Files.write(record("a-1", "status"), new byte[0]);
    jstack.jstack("up", "-d").exits(0).says("nothing to do");
    assertThat(jstack.alive()).isEqualTo(pids);
  }

  @Test
  void whatNobodyHasARecordOfIsFoundByItsCgroup() throws Exception {
    for (String verb : List.of("up", "down")) {
      jstack.jstack("up", "-d").exits(0);
      long pid = jstack.alive().get("a-1");
      jstack.killSupervisor("a-1");
      Files.write(record("a-1", "status"), new byte[0]);
      Files.write(record("a-1", "program"), "jstack-program".getBytes(StandardCharsets.UTF_8));
      if (verb.equals("up")) {
        sane("up", "-d").exits(0);
        bothRunOnce();
      } else {
        sane("down").exits(0);
        assertThat(jstack.cgroup("memory").resolve("demo")).doesNotExist();
      }
      assertThat(Path.of("/proc/" + pid + "/root/probe")).doesNotExist();
    }
  }

  @Test
  void whoHasThePidOfADeadContainerIsNeverTouched() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    Process victim = new ProcessBuilder("sleep", "1000").start();
    try {
      Map<String, String> before = jstack.status("a-1");
      kill(Long.parseLong(before.get("supervisor_pid")));
      jstack.killInit("a-1");
      edit("a-1", "pid", Long.toString(victim.pid()));
      edit("a-1", "supervisor_pid", Long.toString(victim.pid()));
      jstack.jstack("ps", "-a").exits(0).prints("lost");
      jstack.jstack("exec", "a", "/probe", "echo").says("a-1 does not run");
      jstack.jstack("kill", "a");
      jstack.jstack("stop", "a").exits(0);
      jstack.jstack("up", "-d").exits(0).says("a-1  started  it is gone without an exit code");
      bothRunOnce();

      // The right start time alone is no identity either: it has to be in the container's cgroup.
      jstack.killSupervisor("b-1");
      String stat = Files.readString(Path.of("/proc/" + victim.pid() + "/stat"));
      edit("b-1", "pid", Long.toString(victim.pid()));
      edit("b-1", "start", stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[19]);
      jstack.jstack("up", "-d").exits(0).says("b-1  started").says("has left its cgroup");
      bothRunOnce();
      assertThat(victim.isAlive()).isTrue();
    } finally {
      victim.destroyForcibly();
    }
  }

  /** In a pid namespace of its own, whose numbers the test may choose; see proc(5), ns_last_pid. */
  @Test
  void aPidThatIsUsedAgainIsAnotherProcess() throws Exception {
    Path script = folder.resolve("reuse.sh");
    Files.writeString(
        script,
        """
        set -e
        JSTACK="$1"
        $JSTACK up -d
        status=$JSTACK_RUN/demo/a-1/status
        pid=$(sed -n 's/^pid=//p' $status)
        supervisor=$(sed -n 's/^supervisor_pid=//p' $status)
        kill -KILL $supervisor $pid
        for again in $pid $supervisor; do
          while [ -e /proc/$again ]; do sleep 0.01; done
          echo $((again - 1)) > /proc/sys/kernel/ns_last_pid
          sleep 1000 &
          echo "victim $again $!"
          victims="$victims $!"
        done
        $JSTACK ps -a
        $JSTACK up -d
        $JSTACK down
        for victim in $victims; do kill -0 $victim; kill -KILL $victim; done
        echo "they survived"
        """);
    Process process =
        jstack.startCommand(
            "unshare",
            "-pf",
            "--mount-proc",
            "--kill-child",
            "sh",
            script.toString(),
            jstack.command());
    Jstack.Result result = jstack.finish(process, "").exits(0);
    result.prints("lost").prints("they survived");
    for (String line : result.out().lines().filter(l -> l.startsWith("victim")).toList()) {
      String[] words = line.split(" ", -1);
      assertThat(words[2]).as("the pid was used again").isEqualTo(words[1]);
    }
  }

  private void removeCgroups() throws Exception {
    for (Path hierarchy : Files.list(Path.of("/sys/fs/cgroup")).toList()) {
      Path ours = hierarchy.resolve(jstack.cgroup("memory").getFileName());
      if (Files.isDirectory(ours)) {
        Eventually.check(
            () -> Command.output("find", ours.toString(), "-depth", "-type", "d", "-delete"));
      }
    }
  }

  private void itIsKept() throws Exception {
    assertThat(Path.of("/proc/" + jstack.alive().get("a-1") + "/root/kept")).hasContent("it");
  }

  @Test
  void aRebootThatKeepsTheStateOrWipesIt() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    jstack.jstack("exec", "a", "/probe", "write", "/kept", "it").exits(0);
    Map<String, Long> before = jstack.alive();
    for (String name : List.of("a-1", "b-1")) {
      jstack.killSupervisor(name);
      jstack.killInit(name);
      // Whoever has these pids after a reboot has nothing to do with us.
      edit(name, "boot_id", "00000000-0000-4000-8000-000000000000");
      edit(name, "pid", "1");
      edit(name, "supervisor_pid", Long.toString(ProcessHandle.current().pid()));
    }
    jstack.jstack("ps", "-a").exits(0).prints("lost");
    jstack.jstack("up", "-d").exits(0);
    bothRunOnce();
    itIsKept();

    for (String name : List.of("a-1", "b-1")) {
      jstack.killSupervisor(name);
      jstack.killInit(name);
    }
    removeCgroups(); // as they are after a boot
    Command.output("rm", "-rf", jstack.run().toString());
    jstack.jstack("ps", "-a").exits(0);
    jstack.jstack("up", "-d").exits(0);
    bothRunOnce();
    itIsKept();
    jstack.jstack("down").exits(0);

    // /run is there and /var is not.
    jstack.jstack("up", "-d").exits(0);
    jstack.jstack("stop").exits(0);
    Command.output("rm", "-rf", jstack.home().toString());
    jstack.jstack("ps", "-a").exits(0).prints("a-1");
    jstack.jstack("up", "-d").exits(0);
    bothRunOnce();
  }

  /** A file system of that size, for as long as the work takes. */
  private void onSmallDisk(Path place, String options, Work work) throws Exception {
    Files.createDirectories(place);
    String all = "mode=700," + options;
    Command.output("mount", "-t", "tmpfs", "-o", all, "tmpfs", place.toString());
    try {
      work.run();
      Command.output("umount", place.toString());
    } catch (AssertionError | Exception e) {
      Command.run("mount", "-o", "remount,size=8m,nr_inodes=1000", place.toString());
      jstack.jstack("down", "-t", "0");
      Command.run("umount", "-l", place.toString());
      throw e;
    }
  }

  private interface Work {
    void run() throws Exception;
  }

  private void fails(Jstack.Result up, Path disk) throws Exception {
    up.exits(1).says(" KiB are free on the file system of " + disk);
    assertThat(up.err()).doesNotContain("Exception").doesNotContain("bug of jstack");
    jstack.jstack("ps", "-a", "-q").exits(0);
    assertThat(jstack.alive()).as(up.err()).isEmpty();
  }

  @Test
  void aDiskThatIsFullWhileARootfsIsMade() throws Exception {
    Path tarball = folder.resolve("rootfs.tar.gz");
    Command.output("tar", "-C", jstack.probeRootfs().toString(), "-czf", tarball.toString(), ".");
    long packed = Files.size(tarball) >> 10;
    long unpacked = Files.size(jstack.probeRootfs().resolve("probe")) >> 10;
    try (LyingServer server = new LyingServer(Files.readAllBytes(tarball))) {
      jstack.manifest(STACK.replace("ROOTFS", server.url()));
      long[] sizes = {12, packed / 2, packed + unpacked / 2, packed + unpacked + 8};
      for (long size : sizes) {
        Path home = jstack.home();
        onSmallDisk(
            home,
            "size=" + size + "k",
            () -> {
              Jstack.Result up = jstack.jstack("up", "-d");
              if (up.code() != 0) {
                fails(up, home);
                Command.output("mount", "-o", "remount,size=8m", home.toString());
                assertThat(Files.list(home.resolve("rootfs/tmp")))
                    .as("but for what came of a download")
                    .allMatch(file -> file.toString().contains(".part"));
                jstack.jstack("up", "-d").exits(0);
              }
              bothRunOnce();
              jstack.jstack("down", "-v").exits(0);
              assertThat(Files.list(home.resolve("rootfs/tmp"))).isEmpty();
            });
      }
    }
  }

  @Test
  void aDiskThatIsFullWhileStateIsWritten() throws Exception {
    for (String limit : List.of("size=4k", "size=20k", "size=40k", "nr_inodes=8", "nr_inodes=15")) {
      Path run = jstack.run();
      onSmallDisk(
          run,
          limit,
          () -> {
            Jstack.Result up = jstack.jstack("up", "-d");
            if (up.code() != 0) {
              fails(up, run);
              Command.output("mount", "-o", "remount,size=8m,nr_inodes=1000", run.toString());
              jstack.jstack("up", "-d").exits(0);
            }
            bothRunOnce();
            jstack.jstack("down", "-v").exits(0);
          });
    }
  }

  @Test
  void aDiskFullOfLogsHoldsUpNobodyAndSaysSoLater() throws Exception {
    jstack.manifest(
        STACK
                .replace("[/probe, sleep]", "[/bin/sh, -c, \"/bin/probe flood 20000000; exit 3\"]")
                .replaceAll("b: .rootfs: ROOTFS", "b: {depends_on: [a, c], rootfs: BUSYBOX")
            + "  c: {rootfs: ROOTFS, command: [/probe, sleep], stop_grace_period: 0s}\n");
    onSmallDisk(
        jstack.run(),
        "size=400k",
        () -> {
          jstack.jstack("up", "-d").exits(0);
          long pid = jstack.alive().get("a-1");
          Eventually.check(() -> assertThat(jstack.status("b-1")).containsEntry("state", "exited"));
          jstack.jstack("ps", "-a", "--format", "json").prints("\"exit_code\":3");
          assertThat(Files.getFileStore(jstack.run()).getUsableSpace()).isLessThan(8192);
          assertThat(jstack.alive().get("a-1")).isEqualTo(pid);
          jstack.jstack("stop", "c").exits(0).says("c-1  stopped  exit code 137");
          jstack.jstack("ps", "-a", "--format", "json").prints("\"exit_code\":137");
          // No other record finds room in the last page of its log; and then some are lost.
          Path log = record("a-1", "log");
          Eventually.check(
              () -> {
                List<String> lines = Files.readAllLines(log);
                long used = (Files.size(log) - 1) % 4096 + 1;
                assertThat(used + lines.get(lines.size() - 1).length() + 1).isGreaterThan(4096);
              });
          long said = said(pid);
          Eventually.check(() -> assertThat(said(pid)).isGreaterThan(said + 100));
          Command.output("mount", "-o", "remount,size=8m", jstack.run().toString());
          Eventually.check(() -> assertThat(log).content().contains("records were lost"));
          nothingIsTornAndAllThatIsLostIsCounted(Files.readString(log));
          jstack.jstack("down", "-v").exits(0);
        });
  }

  /** Bytes that the container's command has written. */
  private static long said(long init) throws IOException {
    Path file = Path.of("/proc", Long.toString(Jstack.command(init)), "io");
    return Files.readAllLines(file).stream()
        .filter(line -> line.startsWith("wchar: "))
        .mapToLong(line -> Long.parseLong(line.substring("wchar: ".length())))
        .sum();
  }

  /** Of a container that counts. */
  private static void nothingIsTornAndAllThatIsLostIsCounted(String log) {
    long next = 1;
    long missing = 0;
    long counted = 0;
    for (String line : log.substring(0, log.lastIndexOf('\n')).split("\n", -1)) {
      assertThat(line).matches("[-0-9]{10}T[:0-9]{8}[.][0-9]{9}Z (stdout F \\d+|jstack F .*)");
      String text = line.split(" F ", 2)[1];
      if (line.contains(" jstack F ")) {
        counted +=
            Long.parseLong(text.replace(" records were lost: the log could not be written", ""));
      } else {
        missing += Long.parseLong(text) - next;
        next = Long.parseLong(text) + 1;
      }
    }
    assertThat(counted).isEqualTo(missing).isPositive();
  }
}
