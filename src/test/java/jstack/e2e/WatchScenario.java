package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import jstack.support.Eventually;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** up --watch follows the manifest and what goes into it. */
class WatchScenario {
  private static final String STACK =
      """
      name: demo
      services:
        web:
          rootfs: ROOTFS
          command: [/probe, sleep]
          configs: [{source: page, target: /page}]
      configs: {page: {file: ./page}}
      """;

  @TempDir Path folder;
  private Jstack jstack;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
    Files.writeString(folder.resolve("page"), "one");
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  @Test
  @Timeout(60)
  void anEditIsAppliedAMistakeIsSaidAndCtrlCEndsTheWatchingAlone() throws Exception {
    jstack.manifest(STACK);
    Process up = jstack.start("up", "--watch");
    awaitLine(up, "watching jstack.yaml");
    Files.writeString(folder.resolve("page"), "two");
    awaitLine(up, "config page: content changed");
    jstack.manifest(STACK.replace("command", "comand"));
    awaitLine(up, "unknown key");
    jstack.manifest(STACK.replace("sleep]", "sleep, \"500\"]"));
    awaitLine(up, "command: ");
    up.toHandle().destroy();
    jstack.finish(up, "").exits(130);
    assertThat(jstack.pid("web-1")).isPositive();
    jstack.jstack("up", "-d").exits(0).says("nothing to do");
  }

  private static final String MOUNTED =
      """
      name: demo
      services:
        web:
          rootfs: BUSYBOX
          command: [/bin/sh, -c, "cat /conf/a; echo; echo run >> /runs; exec sleep 1000"]
          labels: {tier: front}
          mounts: [{type: bind, source: ./conf, target: /conf, watch: content}]
        other: {rootfs: ROOTFS, command: [/probe, sleep], labels: [tier=back]}
      """;

  @Test
  @Timeout(60)
  void otherContentOfAMountIsAChangeThatRestarts() throws Exception {
    Path file = Files.createDirectories(folder.resolve("conf")).resolve("a");
    Files.writeString(file, "one");
    jstack.manifest(MOUNTED).jstack("up", "-d").exits(0);
    long other = jstack.pid("other-1");
    jstack.jstack("plan", "--exit-code").exits(0);
    Files.writeString(file, "two");
    jstack
        .jstack("plan", "--exit-code")
        .exits(2)
        .prints("web-1  mounts[/conf] content changed  restart  (jstack.yaml:7:35)")
        .prints("1 unchanged");
    Process up = jstack.start("up", "--watch");
    awaitLine(up, "watching jstack.yaml");
    Eventually.check(() -> jstack.jstack("logs", "--no-log-prefix", "web").prints("two"));
    Files.writeString(Files.createDirectories(file.resolveSibling("sub")).resolve("b"), "x");
    Eventually.check(
        () -> assertThat(jstack.err(up).split("content changed", -1)).hasSizeGreaterThan(2));
    up.toHandle().destroy();
    jstack.finish(up, "").exits(130);
    jstack.jstack("exec", "-T", "web", "/bin/cat", "/conf/sub/b", "/runs").prints("xrun\nrun\nrun");
    assertThat(jstack.pid("other-1")).isEqualTo(other);
  }

  @Test
  void aChangedLabelRestartsNobodyAndIsFound() throws Exception {
    Files.createDirectories(folder.resolve("conf"));
    Files.writeString(folder.resolve("conf/a"), "one");
    jstack.manifest(MOUNTED).jstack("up", "-d").exits(0);
    long pid = jstack.pid("web-1");
    jstack.jstack("ps", "-q", "--filter", "label=tier=front").exits(0).prints("web-1");
    jstack.manifest(MOUNTED.replace("tier: front", "tier: edge, \"a b\": \"$$1\""));
    jstack.jstack("plan").prints("labels.tier: front -> edge  live");
    jstack.jstack("up", "-d").exits(0);
    assertThat(jstack.pid("web-1")).isEqualTo(pid);
    assertThat(jstack.jstack("ps", "-q", "--filter", "label=tier=front").exits(0).out()).isEmpty();
    assertThat(jstack.jstack("ps", "-q", "--filter", "label=tier").out().lines()).hasSize(2);
    jstack
        .jstack("ps", "--format", "json", "--filter", "label=a b=$1")
        .prints("\"labels\":{\"a b\":\"$1\",\"tier\":\"edge\"}");
    jstack.jstack("ls", "-q", "--filter", "label=tier=back").prints("demo");
    assertThat(jstack.jstack("ls", "-q", "--filter", "label=tier=front").out()).isEmpty();
    jstack.jstack("ps", "--filter", "lable=x").exits(64).says("no filter lable");
    jstack.jstack("ps", "--status", "runing").exits(64).says("no status is called runing");
  }

  private void awaitLine(Process up, String part) throws Exception {
    Eventually.check(() -> assertThat(jstack.err(up)).contains(part));
  }
}
