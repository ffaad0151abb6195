package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import jstack.support.Eventually;
import jstack.support.LeakCheck;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Containers that are on their way when somebody looks: there is one supervisor, and it is asked.
 */
@Tag("kernel")
class StartingScenario extends SupervisedScenario {
  @Test
  void whoIsStartedAgainIsLeftToItsSupervisor() throws Exception {
    manifest(
        "command: [sh, -c, 'touch /again; exit 3']",
        "restart: always",
        "stop_signal: SIGKILL",
        "pre_start: \"sh -c 'test ! -e /again || sleep 1000'\"");
    jstack.jstack("up", "-d").exits(0);
    Eventually.check(
        () ->
            assertThat(jstack.status("web-1"))
                .containsEntry("state", "starting")
                .containsEntry("restarts", "1"));
    String supervisor = status("supervisor_pid");
    jstack.jstack("ps").exits(0).prints("restarting");
    jstack.jstack("plan", "--exit-code").exits(0);
    jstack.jstack("up", "-d").exits(0).says("nothing to do");
    assertThat(status("supervisor_pid")).isEqualTo(supervisor);
    jstack.jstack("stop").exits(0);
    assertThat(status("state")).isEqualTo("exited");
    jstack.jstack("down").exits(0);
  }

  @Test
  void aStartThatOutlivedItsCallerIsEndedBeforeAnotherBegins() throws Exception {
    String[] lines = {
      "command: [sleep, '1000']", "stop_signal: SIGKILL", "pre_start: [sleep, '1000']"
    };
    manifest(lines);
    Process up = jstack.start("up", "-d");
    await("state", "starting");
    Path members = jstack.cgroup("memory").resolve("demo/web-1/cgroup.procs");
    Eventually.check(() -> assertThat(members).content().isNotEmpty());
    List<ProcessHandle> launcher = up.children().toList();
    up.destroyForcibly().waitFor();
    launcher.forEach(ProcessHandle::destroyForcibly);
    lines[2] = "pre_start: ['true']";
    manifest(lines);
    jstack.jstack("up", "-d").exits(0).says("web-1  started");
    Eventually.check(
        () -> assertThat(LeakCheck.take().processes()).as("supervisor and init").hasSize(2));
    assertThat(status("state")).isEqualTo("running");
    jstack.jstack("exec", "web", "true").exits(0);
    jstack.jstack("stop").exits(0).says("exit code 137");
  }
}
