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

/** The cheapest change and only that, as the plan says it beforehand. */
@Tag("kernel")
class PlanScenario {
  private static final String STACK =
      """
      name: demo
      services:
        web:
          rootfs: BUSYBOX
          network_mode: none
          command: [sh, -c, "echo run >>/runs; until [ -e /go ]; do sleep 0.1; done; /flood; exec sleep 1000"]
          stop_grace_period: 0s
          logging: {max-size: 1m}
          environment: {GREETING: hello}
          mounts: [./site:/site]
      """;

  @TempDir Path folder;
  private Jstack jstack;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
    Files.createDirectory(folder.resolve("site"));
    Files.createDirectory(folder.resolve("other"));
    jstack.manifest(STACK).jstack("up", "-d").exits(0);
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  private String process() throws Exception {
    long command = Jstack.command(jstack.pid("web-1"));
    return command + " " + Files.readString(Path.of("/proc/" + command + "/stat")).split(" ")[21];
  }

  private String runs() throws Exception {
    return jstack.jstack("exec", "-T", "web", "cat", "/runs").exits(0).out();
  }

  @Test
  void aCommentAndAMovedLineAndWhatIsExpectedRestartNobody() throws Exception {
    String before = process();
    String moved = "# a comment\n" + STACK + "\n    expect: {wall: 1h}\n    x-note: 5\n";
    jstack.manifest(moved).jstack("plan", "--exit-code").exits(0).prints("nothing to do");
    jstack.jstack("up", "-d").exits(0).says("nothing to do");
    assertThat(process()).isEqualTo(before);
  }

  @Test
  void settingsOfTheSupervisorChangeWhileTheProcessRunsOn() throws Exception {
    String before = process();
    jstack.manifest(
        STACK
            .replace("max-size: 1m", "max-size: 64k, max-file: 3")
            .replace("stop_grace_period: 0s", "stop_grace_period: 1s\n    stop_signal: SIGINT"));
    jstack
        .jstack("plan")
        .exits(0)
        .prints("~   web-1  logging: max-size 1m, max-file 3 -> max-size 64k, max-file 3  live")
        .prints("stop_signal: SIGTERM -> SIGINT")
        .prints("stop_grace_period: 0ms -> 1000ms");
    jstack.jstack("up", "-d").exits(0).says("web-1  adjusted  logging");
    jstack.jstack("plan", "--exit-code").exits(0);
    assertThat(process()).isEqualTo(before);
    // What the container says goes to files of the new size.
    String flood = "i=0; while [ \\$i -lt 3000 ]; do echo line \\$i of many; i=\\$((i+1)); done";
    String script = "echo \"" + flood + "\" >/flood; chmod +x /flood; touch /go";
    jstack.jstack("exec", "-T", "web", "sh", "-c", script).exits(0);
    Path log = jstack.run().resolve("demo/web-1/log.1");
    // Between two files there is none of that name for a moment.
    Eventually.check(() -> assertThat(log.toFile().length()).isBetween(1L, 64L << 10));
  }

  @Test
  void aChangedCommandKeepsWhatTheContainerWroteAndAChangedMountToo() throws Exception {
    jstack.manifest(STACK.replace("exec sleep 1000", "exec sleep 2000"));
    jstack.jstack("plan").exits(0).prints("-/+ web-1  command:").prints("  restart  ");
    jstack.jstack("up", "-d").exits(0).says("web-1  started  command:").says(")  restart\n");
    Eventually.check(() -> assertThat(runs()).isEqualTo("run\nrun\n"));
    jstack.manifest(STACK.replace("./site", "./other").replace("sleep 1000", "sleep 2000"));
    jstack
        .jstack("plan", "--format", "json")
        .exits(0)
        .prints("{\"name\":\"web-1\",\"action\":\"recreate\",\"class\":\"recreate\"")
        .prints("\"key\":\"mounts[/site]\",\"old\":\"" + folder.resolve("site") + "\"")
        .prints("\"file\":\"jstack.yaml\",\"line\":10,\"column\":14}");
    jstack.jstack("up", "-d").exits(0).says(")  recreate\n");
    Eventually.check(() -> assertThat(runs()).isEqualTo("run\nrun\nrun\n"));
  }

  @Test
  void aPlanInAFileIsCarriedOutUnlessSomethingMoved() throws Exception {
    jstack.manifest(STACK.replace("hello", "good day"));
    jstack.jstack("plan", "-o", "web.plan", "--exit-code").exits(2).prints("good day");
    Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
    Process there =
        jstack.startCommand(
            "sh", "-c", "cd " + elsewhere + " && exec " + jstack.command() + " apply ../web.plan");
    jstack.finish(there, "").exits(0).says("web-1  started  environment.GREETING");
    String before = process();
    jstack
        .jstack("apply", "web.plan")
        .exits(1)
        .says("error: something has moved since this plan was made")
        .says("web-1 was running, pid ");
    assertThat(process()).isEqualTo(before);

    jstack.jstack("plan", "-o", "web.plan", "--exit-code").exits(0);
    jstack.jstack("apply", "-y", "web.plan").exits(0).says("nothing to do");
    jstack.manifest("# moved\n" + STACK.replace("hello", "good day"));
    jstack.jstack("apply", "web.plan").exits(1).says("the manifest's text is another");
    jstack.manifest(STACK.replace("hello", "good day"));
    jstack.jstack("update", "web", "--pids-limit", "9").exits(0);
    jstack
        .jstack("apply", "web.plan")
        .exits(1)
        .says("it would be, too: web-1 adjust live; pids.max");
    assertThat(process()).isEqualTo(before);
  }

  @Test
  void aFileThatIsNoPlanIsRefused() throws Exception {
    jstack.jstack("plan", "-o", "good.plan").exits(0);
    String good = Files.readString(folder.resolve("good.plan"));
    Files.writeString(folder.resolve("bad"), good.substring(0, good.length() / 2));
    jstack.jstack("apply", "bad").exits(1).says("error: ").says("bad is not whole, or was changed");
    Files.writeString(folder.resolve("bad"), good.replace("jstack-plan 1", "jstack-plan 2"));
    jstack.jstack("apply", "bad").exits(1).says("is a plan of version 2");
    Files.write(folder.resolve("bad"), new byte[] {(byte) 0xff, 0, 1});
    jstack.jstack("apply", "bad").exits(1).says("bad is no plan of jstack");
    try (var huge = new java.io.RandomAccessFile(folder.resolve("bad").toFile(), "rw")) {
      huge.setLength(1L << 34);
    }
    jstack.jstack("apply", "bad").exits(1).says("bad is larger than any plan");
    jstack.jstack("apply", "/dev/zero").exits(1).says("/dev/zero is no file");
    jstack.jstack("plan", "-o", "/dev/null").exits(1).says("/dev/null is there, and is no file");
    jstack.jstack("apply", "nowhere").exits(1).says("nowhere is not there");
    jstack.jstack("apply").exits(64);
  }
}
