package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import jstack.support.Eventually;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is paused stands still, and can be ended all the same. */
@Tag("kernel")
class PauseScenario {
  private static final String COUNTERS =
      """
      name: demo
      services:
        a: {rootfs: ROOTFS, network_mode: none, command: [/probe, count], stop_grace_period: 1s}
        b: {rootfs: ROOTFS, network_mode: none, command: [/probe, count], stop_grace_period: 1s}
      """;

  @TempDir Path folder;
  private Jstack jstack;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
    jstack.manifest(COUNTERS).jstack("up", "-d").exits(0);
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  private long logged(String container) throws Exception {
    return Files.size(jstack.run().resolve("demo").resolve(container).resolve("log"));
  }

  /** That nothing happens is no event to wait for: it takes thirty of the counter's steps. */
  private void assertStandsStill(String container) throws Exception {
    Thread.sleep(100); // What it had written before is on its way to the log.
    long before = logged(container);
    Thread.sleep(300);
    assertThat(logged(container)).isEqualTo(before);
  }

  private void assertGoesOn(String container) throws Exception {
    long before = logged(container);
    Eventually.check(() -> assertThat(logged(container)).isGreaterThan(before));
  }

  @Test
  void aPausedCounterStandsStillAndItsNeighbourGoesOn() throws Exception {
    jstack.jstack("pause", "a").exits(0).says("a-1  paused");
    jstack.jstack("ps", "--format", "json").prints("\"state\":\"paused\"");
    assertStandsStill("a-1");
    assertGoesOn("b-1");
    jstack.jstack("unpause", "a").exits(0).says("a-1  goes on");
    assertGoesOn("a-1");
    assertThat(jstack.jstack("ps").out()).doesNotContain("paused");
  }

  @Test
  void aWholeStackIsPausedOnceAndGoesOnOnce() throws Exception {
    jstack.jstack("pause").exits(0).says("a-1  paused").says("b-1  paused");
    jstack.jstack("pause").exits(0).says("nothing to do");
    assertStandsStill("b-1");
    jstack.jstack("unpause").exits(0).says("a-1  goes on").says("b-1  goes on");
    jstack.jstack("unpause").exits(0).says("nothing to do");
    assertGoesOn("b-1");
  }

  @Test
  void aPausedContainerIsLeftAloneByUp() throws Exception {
    long pid = jstack.pid("a-1");
    jstack.jstack("pause", "a").exits(0);
    jstack.jstack("up", "-d").exits(0).says("nothing to do");
    assertThat(jstack.pid("a-1")).isEqualTo(pid);
    assertStandsStill("a-1");
  }

  @Test
  void whoIsPausedByOtherHandsIsShownAsPaused() throws Exception {
    Path freeze = jstack.cgroup("unified").resolve("demo/a-1/cgroup.freeze");
    Files.writeString(freeze, "1");
    Eventually.check(() -> jstack.jstack("ps").prints("paused"));
    jstack.jstack("unpause").exits(0).says("a-1  goes on");
    assertThat(Files.readString(freeze)).isEqualTo("0\n");
  }

  @Test
  void aCommandIntoAPausedContainerIsAnErrorAndDoesNotWait() throws Exception {
    jstack.jstack("pause", "a").exits(0);
    jstack
        .jstack("exec", "a", "/probe", "echo", "hello")
        .exits(125)
        .says("a-1 is paused")
        .says("jstack unpause a");
  }

  @Test
  void aPausedContainerIsStoppedByItsSignalAndStartsAsOneThatRuns() throws Exception {
    jstack.jstack("pause", "a").exits(0);
    jstack.jstack("stop", "a", "-t", "10").exits(0).says("a-1  stopped  exit code 143");
    jstack.jstack("start", "a").exits(0);
    assertGoesOn("a-1");
  }

  @Test
  void aPausedContainerIsKilledWithoutGoingOn() throws Exception {
    jstack.jstack("pause", "a").exits(0);
    jstack.jstack("kill", "a").exits(0);
    Eventually.check(() -> jstack.jstack("ps", "-a").prints("137"));
  }

  @Test
  void aPausedStackIsTakenDown() throws Exception {
    jstack.jstack("pause").exits(0);
    jstack.jstack("down").exits(0).says("a-1  removed").says("b-1  removed");
    assertThat(jstack.cgroup("unified")).doesNotExist();
  }

  @Test
  void whatDoesNotRunCannotBePaused() throws Exception {
    jstack.jstack("stop").exits(0);
    jstack.jstack("pause", "a").exits(1).says("a does not run");
    jstack.jstack("pause").exits(0).says("nothing to do");
    jstack.jstack("pause", "c").exits(64).says("no service c");
  }
}
