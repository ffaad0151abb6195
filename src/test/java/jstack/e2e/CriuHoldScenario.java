package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import jstack.support.Eventually;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** While criu is at a container its supervisor keeps out of it, and not a moment longer. */
@Tag("kernel")
class CriuHoldScenario extends Counting {
  private static final String CHECKED =
      COUNTER
          + """
              restart: always
              mounts: [./data:/data]
              healthcheck:
                test: [CMD, sh, -c, "echo >> /data/checks"]
                interval: 50ms
          """
              .indent(0);

  private long checks() throws Exception {
    Path file = folder.resolve("data/checks");
    return Files.exists(file) ? Files.size(file) : 0;
  }

  private void awaitCheck() throws Exception {
    long before = checks();
    Eventually.check(() -> assertThat(checks()).isGreaterThan(before));
  }

  @Test
  void noCheckAndNoRestartUntilCriuHasEnded() throws Exception {
    Files.createDirectories(folder.resolve("data"));
    jstack.manifest(CHECKED).jstack("up", "-d").exits(0);
    awaitCheck();
    Path hold = Files.createFile(folder.resolve("hold"));
    Path bin =
        fakeCriu(
            "touch %1$s.begun; while [ -e %1$s ]; do sleep 0.01; done; exit 1".formatted(hold), "");
    Process first =
        jstack.startCommand(
            "env", "PATH=" + bin + ":/usr/bin:/bin", jstack.command(), "checkpoint");
    Eventually.check(() -> assertThat(Path.of(hold + ".begun")).exists());
    long before = checks();
    // One at a time: the second is told who is at it.
    with(bin, "checkpoint").exits(75).says("jstack checkpoint");
    assertThat(checks()).isEqualTo(before);
    assertThat(first.isAlive()).isTrue();

    // Nobody is left to say that it is over: that criu has ended does.
    first.destroyForcibly().waitFor();
    TimeUnit.MILLISECONDS.sleep(200); // four checks
    assertThat(checks()).isEqualTo(before);
    Files.delete(hold);
    awaitCheck();
    long pid = jstack.pid("a-1");
    jstack.killInit("a-1");
    Eventually.check(() -> assertThat(jstack.alive().values()).isNotEmpty().doesNotContain(pid));
    assertThat(jstack.status("a-1")).containsEntry("restarts", "1");
  }

  @Test
  void whoEndsByHimselfMeanwhileIsStartedAgain() throws Exception {
    Files.createDirectories(folder.resolve("data"));
    jstack.manifest(CHECKED).jstack("up", "-d").exits(0);
    awaitMore("a", 2);
    long pid = jstack.pid("a-1");
    String words = "kill -KILL " + pid + "; exit 1";
    with(fakeCriu(words, ""), "checkpoint").exits(1).says("cannot checkpoint a-1");
    Eventually.check(() -> assertThat(jstack.alive().values()).isNotEmpty().doesNotContain(pid));
  }

  @Test
  void whoIsAtAHookIsNotCheckpointed() throws Exception {
    Path go = folder.resolve("data/go");
    Files.createFile(Files.createDirectories(go.getParent()).resolve("go"));
    jstack
        .manifest(
            COUNTER
                + """
                    restart: always
                    mounts: [./data:/data]
                    post_start: [{command: [sh, -c, "until [ -e /data/go ]; do usleep 1000; done"]}]
                """
                    .indent(0))
        .jstack("up", "-d")
        .exits(0);
    Files.delete(go);
    long pid = jstack.pid("a-1");
    jstack.killInit("a-1");
    Eventually.check(() -> assertThat(jstack.alive().values()).isNotEmpty().doesNotContain(pid));
    Path bin = fakeCriu("exit 1", "");
    with(bin, "checkpoint").exits(1).says("its supervisor is at a hook of it");
    Files.createFile(go);
    Eventually.check(() -> with(bin, "checkpoint").exits(1).says("which goes on"));
  }
}
