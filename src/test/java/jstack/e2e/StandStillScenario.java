package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import jstack.support.Command;
import jstack.support.Eventually;
import jstack.support.LeakCheck;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Nobody waits for ever for a process of jstack's own that a signal has stopped. */
@Tag("kernel")
class StandStillScenario extends SupervisedScenario {
  private static final String[] NEVER_UP = {
    "command: [sleep, '1000']", "stop_signal: SIGKILL", "pre_start: [sleep, '1000']"
  };

  private static void stop(long pid) throws Exception {
    Command.output("kill", "-STOP", Long.toString(pid));
  }

  private Process beginUp() throws Exception {
    manifest(NEVER_UP);
    Process up = jstack.start("up", "-d");
    await("state", "starting");
    return up;
  }

  private void endsWithTheNameOf(Process up, long pid) throws Exception {
    jstack
        .finish(up, "")
        .exits(124)
        .says("web-1 has not started: process " + pid + " (jstack-shim) was stopped by a signal");
    jstack.jstack("down").exits(0).says("web-1  removed");
    assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
    assertThat(LeakCheck.take().processes()).isEmpty();
  }

  @Test
  void aLauncherThatStandsStillIsNotWaitedForForEver() throws Exception {
    Process up = beginUp();
    long launcher = up.children().findFirst().orElseThrow().pid();
    stop(launcher);
    endsWithTheNameOf(up, launcher);
  }

  @Test
  void norIsASupervisorThatDoesSoOnItsWay() throws Exception {
    Process up = beginUp();
    long supervisor = Long.parseLong(status("supervisor_pid"));
    stop(supervisor);
    endsWithTheNameOf(up, supervisor);
  }

  @Test
  void aSupervisorThatStandsStillHasNoRoomForThoseWhoAskAndIsNotWaitedForEither() throws Exception {
    manifest("command: [sleep, '1000']", "stop_signal: SIGKILL");
    jstack.jstack("up", "-d").exits(0);
    stop(Long.parseLong(status("supervisor_pid")));
    List<SocketChannel> waiting = new ArrayList<>();
    Path socket;
    try (Stream<Path> sockets = Files.list(jstack.run().resolve(".control"))) {
      socket = sockets.findFirst().orElseThrow();
    }
    Eventually.check(
        () -> {
          SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
          waiting.add(channel);
          channel.configureBlocking(false);
          boolean full = false;
          try {
            full = !channel.connect(UnixDomainSocketAddress.of(socket));
          } catch (java.net.SocketException e) {
            full = true;
          }
          assertThat(full).isTrue();
        });
    jstack.jstack("kill", "-s", "CONT", "web").exits(1).says("has just died, or stands still");
    jstack.jstack("stop").exits(0);
    jstack.jstack("down").exits(0);
    for (SocketChannel channel : waiting) {
      channel.close();
    }
    assertThat(LeakCheck.take().processes()).isEmpty();
  }

  private static void assertGivenUp(Jstack.Result result, String what) {
    assertThat(result.code()).as(result.err()).isEqualTo(124);
    assertThat(result.err()).contains(what).contains("was killed");
  }

  /** The helper of a run is its supervisor: its container ends with it. */
  @Test
  void aRunWhoseHelperStandsStillIsGivenUpAtItsStartAndAtItsEnd() throws Exception {
    manifest(NEVER_UP);
    Process run = jstack.start("run", "-T", "web");
    stop(helper(run));
    assertGivenUp(jstack.finish(run, ""), " has not begun: process ");
    assertThat(LeakCheck.take().processes()).isEmpty();
    assertThat(jstack.jstack("ls", "-q").out()).isEmpty();
  }

  @Test
  void aRunIsGivenUpThatDoesNotHearThatItShallEnd() throws Exception {
    manifest("command: [sleep, '1000']");
    Process run = jstack.start("run", "-T", "web", "sh", "-c", "echo on; sleep 1000");
    Eventually.check(() -> assertThat(jstack.out(run)).contains("on"));
    stop(helper(run));
    Command.output("kill", "-TERM", Long.toString(run.pid()));
    assertGivenUp(jstack.finish(run, ""), " has been asked to end, and did not");
    assertThat(LeakCheck.take().processes()).isEmpty();
    assertThat(jstack.jstack("ls", "-q").out()).isEmpty();
  }

  private static long helper(Process run) throws Exception {
    Eventually.check(
        () ->
            assertThat(run.children().flatMap(ProcessHandle::children).findFirst())
                .as("its container")
                .isPresent());
    return run.children().findFirst().orElseThrow().pid();
  }
}
