package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import jstack.linux.MountInfo;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Processes go to disk and come back. For this criu has to work on the kernel that is here (Debian
 * 12's cannot from Linux 6.13 on): make criu brings one, and make test says so when it leaves these
 * tests out because there is none.
 */
@Tag("kernel")
@Tag("criu")
class RestoreScenario extends Counting {
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
    jstack.manifest(COUNTER).jstack("up", "-d").exits(0);
    awaitMore("a", 5);
    final List<String> before = mounts("a");
    jstack.jstack("checkpoint", "a").exits(0).says("a-1  checkpointed");
    int kept = counted("a").size();
    jstack.jstack("ps", "-a").prints("checkpointed");
    jstack.jstack("wait", "a").exits(1).prints("a checkpointed");
    jstack.jstack("report", "--format", "json").exits(0).prints("\"ended_by\":\"checkpoint\"");
    jstack.jstack("report").exits(0).prints("checkpointed");
    assertThat(jstack.cgroup("unified")).doesNotExist();

    jstack.jstack("restore", "a").exits(0).says("a-1  restored");
    awaitMore("a", kept + 5);
    assertWithoutGap(counted("a"));
    assertThat(mounts("a")).isEqualTo(before);
    assertThat(jstack.jstack("exec", "a", "ps").out()).contains("echo $$ $i");
    assertThat(jstack.home().resolve("checkpoints")).doesNotExist();
    jstack.jstack("restore", "a").exits(1).says("a-1 has no checkpoint");

    // What came back is what the manifest says, can be kept again, and ends as any other.
    jstack.jstack("verify").exits(0).prints("all as the manifest says");
    jstack.jstack("checkpoint").exits(0);
    jstack.jstack("restore").exits(0).says("a-1  restored");
    awaitMore("a", counted("a").size());
    jstack.jstack("stop", "a").exits(0).says("a-1  stopped  exit code 7");
    assertWithoutGap(counted("a"));
  }

  /** Of a new link the kernel asks first whether somebody has its own IPv6 address. */
  private String addresses() throws Exception {
    return jstack.jstack("exec", "a", "ip", "-o", "addr").exits(0).out().replace(" tentative", "");
  }

  @Test
  void itsNetworkItsMountsAndItsLimitsAreThoseThatItHad() throws Exception {
    Files.writeString(Files.createDirectories(folder.resolve("data")).resolve("word"), "hello");
    jstack
        .manifest(
            COUNTER.replace("    network_mode: none\n", "")
                + "    mounts: [./data:/data:ro, {type: tmpfs, target: /scratch}]\n"
                + "    cgroup: {memory: {max: 64m}, pids: {max: 5}}\n"
                + "    ports: [\"18080:80\"]\n")
        .jstack("up", "-d")
        .exits(0);
    jstack.jstack("exec", "a", "sh", "-c", "echo kept > /scratch/word").exits(0);
    int lines = awaitMore("a", 3);
    final List<String> before = mounts("a");
    final String network = jstack.namespace("a-1", "net");
    final String address = addresses();
    jstack.jstack("checkpoint").exits(0);
    jstack.jstack("restore").exits(0);
    awaitMore("a", lines + 3);
    assertThat(mounts("a")).isEqualTo(before);
    assertThat(jstack.namespace("a-1", "net")).isEqualTo(network);
    assertThat(addresses()).isEqualTo(address);
    jstack.jstack("exec", "a", "cat", "/data/word", "/scratch/word").prints("hellokept");
    Path limit = jstack.cgroup("pids").resolve("demo/a-1/pids.max");
    assertThat(limit).hasContent("5");
    assertThat(limit.resolveSibling("cgroup.procs")).content().contains("" + jstack.pid("a-1"));
  }

  @Test
  void aRestoreThatFailsLeavesNothingButTheCheckpoint() throws Exception {
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
    jstack.manifest(COUNTER).jstack("up", "-d").exits(0);
    jstack.jstack("checkpoint").exits(0);
    jstack.jstack("start").exits(0);
    jstack.jstack("restore").exits(1).says("a-1 runs");
    jstack.jstack("stop", "-t", "0").exits(0);
    jstack.jstack("restore").exits(1).says("a-1 ran since its checkpoint");
    jstack.jstack("down").exits(0);
    assertThat(jstack.home().resolve("checkpoints/demo/a-1")).exists();
    jstack.jstack("restore").exits(1).says("a-1 ran since its checkpoint");
    jstack.jstack("up", "-d").exits(0);
    jstack.jstack("checkpoint").exits(0);
    jstack
        .manifest(COUNTER.replace("usleep 20000", "usleep 30000"))
        .jstack("up", "--no-start")
        .exits(0);
    jstack.jstack("restore").exits(1).says("another one since its checkpoint");
    jstack.jstack("down", "-v").exits(0);
    assertThat(jstack.home().resolve("checkpoints")).doesNotExist();
  }
}
