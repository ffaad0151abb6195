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

  private void awaitLine(Process up, String part) throws Exception {
    Eventually.check(() -> assertThat(jstack.err(up)).contains(part));
  }
}
