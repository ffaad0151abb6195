package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jstack.state.ProjectLock;
import jstack.state.StateLayout;
import jstack.support.Command;
import jstack.support.LyingServer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Writers of one project come one after the other; readers and other projects never wait. */
class TwoAtOnceScenario extends JstackScenario {
  private static final String STACK =
      """
      name: demo
      services:
        a: {rootfs: ROOTFS, command: [/probe, count], network_mode: none, stop_grace_period: 0s}
        b: {rootfs: ROOTFS, command: [/probe, sleep], network_mode: none, depends_on: [a],
            stop_grace_period: 0s}
      """;

  @BeforeEach
  void writeManifest() throws Exception {
    jstack.manifest(STACK);
  }

  private List<Jstack.Result> together(int count, String... words) throws Exception {
    List<Process> running = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      running.add(jstack.start(words));
    }
    List<Jstack.Result> results = new ArrayList<>();
    for (Process each : running) {
      results.add(jstack.finish(each, ""));
    }
    return results;
  }

  private static long said(List<Jstack.Result> results, String words) {
    return results.stream().filter(result -> result.err().contains(words)).count();
  }

  @Test
  void eightUpsMakeOneOfEachAndFetchOnce() throws Exception {
    Path tarball = folder.resolve("rootfs.tar.gz");
    Command.output("tar", "-C", jstack.probeRootfs().toString(), "-czf", tarball.toString(), ".");
    try (LyingServer server = new LyingServer(Files.readAllBytes(tarball))) {
      jstack.manifest(STACK.replace("ROOTFS", server.url()));
      List<Jstack.Result> ups = together(8, "up", "-d", "--lock-timeout", "1m");
      ups.forEach(up -> up.exits(0));
      assertThat(said(ups, "a-1  started")).isEqualTo(1);
      assertThat(said(ups, "b-1  started")).isEqualTo(1);
      assertThat(said(ups, "nothing to do")).isEqualTo(7);
      assertThat(server.requests()).hasSize(1);
      assertThat(Files.readAllLines(jstack.cgroup("memory").resolve("demo/a-1/cgroup.procs")))
          .as("init and command")
          .hasSize(2);
      assertThat(Files.list(jstack.home().resolve("rootfs/tmp"))).isEmpty();
    }
  }

  @Test
  void upsAndDownsAtOnceLeaveAllOrNothing() throws Exception {
    for (int round = 0; round < 2; round++) {
      List<Process> running = new ArrayList<>();
      for (String verb : List.of("up", "down", "up", "down")) {
        running.add(
            verb.equals("up")
                ? jstack.start("up", "-d", "--lock-timeout", "1m")
                : jstack.start("down", "--lock-timeout", "1m"));
      }
      for (Process each : running) {
        jstack.finish(each, "").exits(0);
      }
      List<String> left = jstack.jstack("ps", "-a", "-q").exits(0).out().lines().toList();
      assertThat(left).isIn(List.of(), List.of("a-1", "b-1"));
    }
  }

  @Test
  void whoChangesAProjectIsNamedAndReadersAndOtherProjectsDoNotWait() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    StateLayout layout = new StateLayout(jstack.run(), jstack.home());
    try (ProjectLock lock = ProjectLock.take(layout, "demo", "restart")) {
      String who = "pid " + ProcessHandle.current().pid() + ", jstack restart";
      List<Process> writers = new ArrayList<>();
      for (String verb : List.of("up", "down", "stop", "start", "restart", "pause", "unpause")) {
        writers.add(jstack.start(verb));
      }
      for (Process writer : writers) {
        jstack.finish(writer, "").exits(75).says("project demo is being changed by " + who);
      }
      jstack.jstack("down", "--lock-timeout", "100ms").exits(75).says("was for 0.1 s");
      jstack.jstack("down", "--lock-timeout", "soon").exits(64).says("not a time span: soon");
      jstack.jstack("ps").exits(0).prints("a-1");
      jstack.jstack("ls").exits(0).prints("demo");
      jstack.jstack("plan").exits(0).prints("nothing to do");
      jstack.jstack("logs", "-n", "1", "a").exits(0);
      jstack.jstack("exec", "a", "/probe", "echo", "here").exits(0).prints("here");
      jstack.jstack("-p", "other", "up", "-d").exits(0);
    }
    jstack.jstack("down", "--lock-timeout", "1m").exits(0);
  }

  @Test
  void projectsAreMadeSideBySide() throws Exception {
    Process one = jstack.start("-p", "one", "up", "-d");
    Process two = jstack.start("-p", "two", "up", "-d");
    jstack.finish(one, "").exits(0);
    jstack.finish(two, "").exits(0);
    jstack.jstack("-p", "one", "ps", "-q").prints("a-1").prints("b-1");
    jstack.jstack("-p", "two", "ps", "-q").prints("a-1").prints("b-1");
    Process downOne = jstack.start("-p", "one", "down");
    Process downTwo = jstack.start("-p", "two", "down");
    jstack.finish(downOne, "").exits(0);
    jstack.finish(downTwo, "").exits(0);
  }
}
