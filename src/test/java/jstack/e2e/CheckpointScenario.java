package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import jstack.support.Eventually;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What cannot go to disk is refused before anything is touched. */
@Tag("kernel")
class CheckpointScenario extends Counting {
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
  void aCriuThatStandsStillIsGivenUpAndTheContainerGoesOn() throws Exception {
    jstack.manifest(COUNTER).jstack("up", "-d").exits(0);
    long pid = jstack.pid("a-1");
    int lines = awaitMore("a", 2);
    with(fakeCriu("kill -STOP $$", ""), "checkpoint", "a")
        .exits(124)
        .says("(criu) was stopped by a signal")
        .says("the container goes on");
    awaitMore("a", lines);
    assertThat(jstack.pid("a-1")).isEqualTo(pid);
    with(fakeCriu("exit 1", ""), "checkpoint", "a").exits(1).says("a-1, which goes on");
    jstack.jstack("stop", "-t", "0").exits(0);
  }

  @Test
  void theCriuOfAKilledCheckpointIsWaitedFor() throws Exception {
    jstack.manifest(COUNTER).jstack("up", "-d").exits(0);
    long pid = jstack.pid("a-1");
    int lines = awaitMore("a", 2);
    Path seen = folder.resolve("seen");
    Path bin =
        fakeCriu("echo begin >> %1$s; sleep 1; echo end >> %1$s; exit 1".formatted(seen), "");
    Process first =
        jstack.startCommand(
            "env", "PATH=" + bin + ":/usr/bin:/bin", jstack.command(), "checkpoint");
    Eventually.check(() -> assertThat(seen).exists());
    first.destroyForcibly().waitFor();
    with(bin, "checkpoint").exits(1).says("cannot checkpoint a-1, which goes on");
    assertThat(Files.readAllLines(seen)).containsExactly("begin", "end", "begin", "end");
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
                security: {allow: [host-user, host-pid]}
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

  @Test
  void whatIsWrongWithAServiceIsSaidOnceForAllItsContainers() throws Exception {
    jstack
        .manifest(
            """
            name: demo
            services:
              a:
                rootfs: ROOTFS
                command: [/probe, count]
                network_mode: none
                scale: 2
                namespaces: {time: {boottime: 1h}}
            """)
        .jstack("up", "-d")
        .exits(0);
    Path bin = fakeCriu("exit 1", "");
    String said = with(bin, "checkpoint").exits(1).err();
    assertThat(said.lines().filter(line -> line.contains(": error: ")))
        .hasSize(2)
        .anySatisfy(line -> assertThat(line).contains("error: services.a", "its user namespace"))
        .anySatisfy(line -> assertThat(line).contains("error: services.a", "its own clocks"));
    jstack.jstack("stop", "a-2").exits(0);
    assertThat(with(bin, "checkpoint").exits(1).err()).contains("its own clocks");
  }
}
