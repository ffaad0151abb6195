package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import jstack.support.Command;
import jstack.support.Eventually;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How many there are, and who is there at all. */
class ScaleScenario {
  private static final String STACK =
      """
      name: demo
      services:
        web: {rootfs: BUSYBOX, command: [sleep, "1000"], scale: N}
        tool:
          rootfs: BUSYBOX
          command: [sleep, "1000"]
          network_mode: none
          profiles: [debug]
          depends_on: [web]
      """;

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

  @Test
  void anotherNumberMakesAndRemovesOnlyThose() throws Exception {
    jstack.manifest(STACK.replace("N", "3")).jstack("up", "-d").exits(0).says("web-3  started");
    Map<String, Long> before = jstack.pids();
    assertThat(before).hasSize(3);
    String hosts = jstack.jstack("exec", "web", "cat", "/etc/hosts").exits(0).out();
    assertThat(hosts).contains("web-1").contains("web-2").contains("web-3");
    jstack.manifest(STACK.replace("N", "2"));
    jstack.jstack("plan").prints("web-3").prints("fewer containers of web are wanted");
    jstack.jstack("up", "-d").exits(0).says("web-3  removed");
    before.remove("web-3");
    assertThat(jstack.pids()).isEqualTo(before);
    hosts = jstack.jstack("exec", "web", "cat", "/etc/hosts").exits(0).out();
    assertThat(hosts).contains("web-2").doesNotContain("web-3");
    jstack.jstack("up", "-d", "--scale", "web=4").exits(0).says("web-4  started");
    assertThat(jstack.pids()).hasSize(4).containsAllEntriesOf(before);
    jstack.jstack("exec", "--index", "4", "web", "true").exits(0);
    jstack.jstack("up", "-d", "--scale", "wb=4").exits(64);
    jstack.jstack("up", "-d", "--scale", "web=-1").exits(64);
    jstack.manifest(STACK.replace("N", "0")).jstack("up", "-d").exits(0).says("web-1  removed");
    assertThat(jstack.pids()).isEmpty();
  }

  @Test
  void whatAnotherShellAddedEndsWithTheUpThatBroughtTheServiceUp() throws Exception {
    String stack =
        STACK + "  db: {rootfs: BUSYBOX, command: [sleep, '1000'], network_mode: none}\n";
    jstack.manifest(stack.replace("N", "1").replace("scale: 1", "stop_signal: SIGKILL"));
    Process up = jstack.start("up", "web");
    Eventually.check(() -> assertThat(jstack.pids()).containsKey("web-1"));
    jstack.jstack("scale", "web=3").exits(0).says("web-3  started");
    jstack.jstack("up", "-d", "db").exits(0).says("db-1  started");
    long db = jstack.pid("db-1");
    Command.output("kill", "-INT", Long.toString(up.pid()));
    jstack.finish(up, "").exits(130).says("web-3  stopped").says("web-1  stopped");
    assertThat(jstack.pids()).containsOnly(Map.entry("db-1", db));
  }

  @Test
  void scaleIsUpForThatOneServiceAlone() throws Exception {
    String stack =
        STACK
            + "  db: {rootfs: BUSYBOX, command: [sleep, '1000'], network_mode: none}\n"
            + "jobs: {j: {rootfs: BUSYBOX, command: x}}\n";
    jstack.manifest(stack.replace("N", "1")).jstack("up", "-d", "web", "db").exits(0);
    Map<String, Long> before = jstack.pids();
    jstack.manifest(stack.replace("N", "1").replace("'1000'", "'2000'"));
    jstack.jstack("scale", "web=3").exits(0).says("web-3  started");
    assertThat(jstack.pids()).hasSize(4).containsAllEntriesOf(before);
    jstack.jstack("scale", "jstack.yaml", "web=0", "-q").exits(0);
    assertThat(jstack.pids()).containsOnlyKeys("db-1");
    jstack.jstack("scale").exits(64);
    jstack.jstack("scale", "web").exits(64).says("web is not SERVICE=NUMBER");
    jstack.jstack("scale", "wb=2").exits(64).says("no service wb");
    jstack.jstack("scale", "web=2", "web=3").exits(64).says("named twice");
    jstack.jstack("scale", "web=100000").exits(64);
    jstack.jstack("scale", "j=2").exits(64).says("a job has one container");
  }

  @Test
  void anUnknownProfileIsSaidByEveryVerb() throws Exception {
    jstack.manifest(STACK.replace("N", "0"));
    for (String verb :
        List.of("ps", "stop", "down", "config", "validate", "logs", "explain", "lock")) {
      jstack
          .jstack("--profile", "debgu", verb)
          .exits(64)
          .says("no profile debgu, did you mean \"debug\"?");
      assertThat(jstack.jstack("--profile", "debug", verb).code()).as(verb).isNotEqualTo(64);
    }
  }

  @Test
  void aProfileIsOffUntilItIsNamedOrItsServiceIs() throws Exception {
    jstack.manifest(STACK.replace("N", "1")).jstack("up", "-d").exits(0);
    assertThat(jstack.pids()).containsOnlyKeys("web-1");
    jstack.jstack("--profile", "debug", "up", "-d").exits(0).says("tool-1  started");
    jstack.jstack("up", "-d").exits(0).says("nothing to do"); // nor is it an orphan
    jstack.jstack("down", "-t", "0").exits(0).says("tool-1  removed");
    jstack.jstack("up", "-d").exits(0);
    jstack.jstack("verify").exits(0).prints("1 container"); // of tool nothing is wanted
    jstack.jstack("verify", "tool").exits(2).prints("tool-1  state: running is wanted");
    jstack.jstack("down", "-t", "0").exits(0);
    jstack.jstack("up", "-d", "tool").exits(0).says("web-1  started").says("tool-1  started");
    jstack
        .jstack("--profile", "debgu", "up", "-d")
        .exits(64)
        .says("no profile debgu, did you mean \"debug\"?");
    jstack.manifest(
        STACK.replace("N", "1").replace("scale: 1", "depends_on: {off: {}}")
            + "  off: {rootfs: BUSYBOX, command: [sleep, '9'], profiles: [other]}\n");
    jstack
        .jstack("up", "-d")
        .exits(64)
        .says("web depends on off, whose profile is not on")
        .says("jstack --profile other");
  }
}
