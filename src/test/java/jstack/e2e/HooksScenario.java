package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import jstack.support.Eventually;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Hooks: when they run, as whom, and what their failure does. */
@Tag("kernel")
class HooksScenario extends SupervisedScenario {
  @Test
  void hooksRunAtTheirMoments() throws Exception {
    manifest(
        "command: [sh, -c, 'echo command >> /marks; trap \"echo signal >> /marks; exit 0\" TERM;"
            + " while true; do sleep 0.05; done']",
        "environment: {COLOUR: blue}",
        "pre_start: 'sh -c \"echo before $$COLOUR >> /marks; echo said\"'",
        "post_start:",
        "  - {command: [sh, -c, 'echo after $$COLOUR $$SIZE $$(pwd) $$(id -u) >> /tmp/who'],"
            + " user: web, working_dir: /www, environment: {SIZE: big}}",
        "pre_stop: [{command: [sh, -c, 'echo stopping >> /marks']}]",
        "tmpfs: [/tmp]");
    jstack.jstack("up", "-d").exits(0);
    jstack.jstack("exec", "web", "cat", "/tmp/who").exits(0).prints("after blue big /www 1000\n");
    Eventually.check(
        () -> jstack.jstack("exec", "web", "cat", "/marks").prints("before blue\ncommand\n"));
    jstack.jstack("logs").exits(0).prints("said");
    jstack.jstack("stop").exits(0);
    assertThat(status("exit_code")).isEqualTo("0");
    jstack.jstack("start").exits(0);
    jstack
        .jstack("exec", "web", "cat", "/marks")
        .prints("before blue\ncommand\nstopping\nsignal\nbefore blue\n");
  }

  @Test
  void aHookBeforeTheCommandThatFailsStopsTheStart() throws Exception {
    manifest("command: [sleep, '1000']", "pre_start:", "  - {command: [sh, -c, 'exit 7']}");
    jstack.jstack("up", "-d").exits(1).says("jstack.yaml:9").says("pre_start").says("exit code 7");
  }

  @Test
  void aHookBeforeTheCommandThatIsNotThereStopsTheStart() throws Exception {
    manifest("command: [sleep, '1000']", "pre_start: /no/such");
    jstack.jstack("up", "-d").exits(1).says("pre_start").says("/no/such");
  }

  @Test
  void aHookAfterTheStartThatFailsEndsTheContainer() throws Exception {
    manifest("command: [sleep, '1000']", "post_start: \"sh -c 'echo why not; exit 9'\"");
    jstack
        .jstack("up", "-d")
        .exits(1)
        .says("jstack.yaml:8")
        .says("post_start")
        .says("exit code 9: why not");
  }

  @Test
  void aHookBeforeTheStopHasTheGraceAndNoMore() throws Exception {
    manifest("command: [sleep, '1000']", "pre_stop: \"sh -c 'sleep 1000 & sleep 1000'\"");
    jstack.jstack("up", "-d").exits(0);
    long begin = System.nanoTime();
    jstack.jstack("stop", "-t", "1").exits(0);
    assertThat((System.nanoTime() - begin) / 1e9).isBetween(1.0, 5.0);
    assertThat(status("exit_code")).isEqualTo("137");
  }

  @Test
  void aHookWithMuchToSayDoesNotBlockTheStart() throws Exception {
    manifest(
        "command: [sleep, '1000']",
        "stop_signal: SIGKILL",
        "pre_start: \"sh -c 'yes 0123456789 | head -c 2000000'\"");
    jstack.jstack("up", "-d").exits(0);
    Eventually.check(() -> assertThat(Files.size(file("log"))).isGreaterThan(2_000_000));
    jstack.jstack("run", "--rm", "web", "echo", "done").exits(0).prints("done");
  }

  @Test
  void aHookThatHangsAtTheStartIsEndedByTheTimeout() throws Exception {
    manifest(
        "command: [sleep, '1000']",
        "stop_signal: SIGKILL",
        "timeout: 300ms",
        "post_start: [sleep, '1000']");
    jstack.jstack("up", "-d").exits(1).says("jstack.yaml:9").says("longer than the timeout");
    manifest(
        "command: [sleep, '1000']",
        "stop_signal: SIGKILL",
        "timeout: 300ms",
        "pre_start: [sleep, '1000']");
    jstack.jstack("up", "-d").exits(1).says("jstack.yaml:9").says("longer than the timeout");
  }
}
