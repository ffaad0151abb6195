package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import jstack.linux.ProcStat;
import jstack.linux.SmallFile;
import jstack.support.Eventually;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A machine of cgroup v1 alone, whatever this one is: in a mount namespace without the v2 tree. No
 * cgroup.kill is there, so a fork bomb is frozen, killed and thawed.
 */
@Tag("kernel")
class FreezeAndKillScenario {
  /** In the pid namespace of another, so that no end of a namespace ends the bomb. */
  private static final String BOMB =
      """
      name: bomb
      services:
        host: {rootfs: BUSYBOX, network_mode: none, command: [sleep, "1000"]}
        web:
          rootfs: BUSYBOX
          network_mode: none
          pid: service:host
          command: [sh, -c, "probe bomb & exec sleep 1000"]
          cgroup: {pids: 64, cpu: {weight: 10}}
          logging: {max-size: 1m, max-file: 1}
      """;

  @TempDir Path folder;
  private Jstack jstack;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
    jstack.manifest(BOMB);
    onV1("up", "-d");
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  private void onV1(String... words) throws Exception {
    // What lies below another /sys is in the list of mounts, too; so that one goes first.
    String script =
        "mkdir -p aside && mount --move /sys aside && { umount -R /sys 2>/dev/null; "
            + "mount --move aside /sys; } && umount /sys/fs/cgroup/unified && exec \"$0\" \"$@\"";
    List<String> command =
        Stream.concat(
                Stream.of("unshare", "-m", "sh", "-c", script, jstack.command()), Stream.of(words))
            .toList();
    jstack.finish(jstack.startCommand(command.toArray(String[]::new)), "").exits(0);
  }

  private Path members() {
    return jstack.cgroup("freezer").resolve("bomb/web-1/cgroup.procs");
  }

  @Test
  void killEndsAllOfTheBombAndNobodyElse() throws Exception {
    assertThat(jstack.cgroup("unified")).as("v2 is not used").doesNotExist();
    Eventually.check(() -> assertThat(Files.readAllLines(members())).hasSizeGreaterThan(40));
    long other = jstack.pid("host-1");
    List<ProcStat> before = new ArrayList<>();
    for (String pid : Files.readAllLines(members())) {
      ProcStat.parse(SmallFile.text("/proc/" + pid + "/stat")).ifPresent(before::add);
    }
    assertThat(before).hasSizeGreaterThan(30);
    long start = System.nanoTime();
    onV1("kill", "web");
    Eventually.check(() -> assertThat(members()).doesNotExist());
    assertThat((System.nanoTime() - start) / 1_000_000).isLessThan(5000);
    // Each fork that is refused takes a number: the bomb brings them round in a second.
    for (ProcStat one : before) {
      assertThat(ProcStat.parse(SmallFile.text("/proc/" + one.pid() + "/stat")))
          .as("a living process")
          .matches(now -> now.isEmpty() || now.get().isDead() || isAnother(now.get(), one));
    }
    jstack.jstack("exec", "-T", "host", "ps", "-o", "args").exits(0);
    assertThat(jstack.jstack("exec", "-T", "host", "ps", "-o", "args").out())
        .contains("sleep 1000")
        .doesNotContain("probe bomb");
    assertThat(jstack.pid("host-1")).isEqualTo(other);
  }

  private static boolean isAnother(ProcStat now, ProcStat before) {
    return now.startTime() != before.startTime();
  }

  @Test
  void stopWaitsTheGraceThenDoesTheSame() throws Exception {
    Eventually.check(() -> assertThat(Files.readAllLines(members())).hasSizeGreaterThan(40));
    long start = System.nanoTime();
    onV1("stop", "-t", "1", "web");
    Eventually.check(() -> assertThat(members()).doesNotExist());
    assertThat((System.nanoTime() - start) / 1_000_000).isLessThan(6000);
    assertThat(jstack.jstack("exec", "-T", "host", "ps", "-o", "args").out())
        .doesNotContain("probe bomb");
  }
}
