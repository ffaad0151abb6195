package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import jstack.support.Command;
import jstack.support.Eventually;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a container has around it is there again when criu brings it back. */
@Tag("kernel")
@Tag("criu")
class CriuRoomScenario extends Counting {
  private static final String ROOM =
      """
      name: demo
      volumes: {kept: {}}
      secrets: {word: {file: ./word}}
      configs: {plan: {content: "the plan"}}
      services:
        a:
          rootfs: BUSYBOX
          command: [/bin/sh, -c, "httpd -h /www; %s"]
          namespaces: {user: host}
          security: {allow: [host-user]}
          ports: ["18081:80"]
          read_only: true
          tmpfs: [/scratch, /tmp]
          mounts: ["kept:/kept", "./data:/data:ro"]
          secrets: [word]
          configs: [{source: plan, target: /plan}]
          environment: {COLOUR: green}
          cgroup: {memory: {max: 48m}, pids: {max: 40}}
          healthcheck:
            test: [CMD, wget, -q, -O, /dev/null, "http://127.0.0.1/"]
            interval: 100ms
            timeout: 5s
      """
          .formatted(COUNT);

  private void begin(String manifest) throws Exception {
    Files.writeString(folder.resolve("word"), "secret");
    Files.writeString(Files.createDirectories(folder.resolve("data")).resolve("file"), "bound");
    jstack.manifest(manifest).jstack("up", "-d", "--wait").exits(0);
  }

  private void assertRoom() throws Exception {
    jstack
        .jstack("exec", "a", "cat", "/scratch/word", "/kept/word", "/data/file", "/plan")
        .prints("scratch\nkept\nboundthe plan");
    jstack.jstack("exec", "a", "cat", "/run/secrets/word").prints("secret");
    jstack.jstack("exec", "a", "sh", "-c", "echo no > /etc/passwd").says("Read-only file system");
    assertThat(Command.output("busybox", "wget", "-q", "-O", "-", "http://127.0.0.1:18081/"))
        .contains("hello");
    Eventually.check(() -> jstack.jstack("ps").prints(" healthy"));
    long command = Jstack.command(jstack.pid("a-1"));
    assertThat(Files.readString(Path.of("/proc/" + command + "/environ"))).contains("COLOUR=green");
    Path memory = jstack.cgroup("memory").resolve("demo/a-1/memory.limit_in_bytes");
    assertThat(memory).hasContent("50331648");
    assertWithoutGap(counted("a"));
  }

  @Test
  void allThatItHadIsThere() throws Exception {
    begin(ROOM);
    jstack.jstack("exec", "a", "sh", "-c", "echo scratch > /scratch/word").exits(0);
    jstack.jstack("exec", "a", "sh", "-c", "echo kept > /kept/word").exits(0);
    awaitMore("a", 5);
    assertRoom();
    String id = jstack.jstack("exec", "a", "cat", "/proc/1/status").out();
    jstack.jstack("checkpoint").exits(0);
    jstack.jstack("restore").exits(0).says("a-1  restored");
    awaitMore("a", counted("a").size());
    assertRoom();
    assertThat(walls(jstack.jstack("exec", "a", "cat", "/proc/1/status").out()))
        .isEqualTo(walls(id));
  }

  private static java.util.List<String> walls(String status) {
    return status
        .lines()
        .filter(line -> line.matches("(Cap|NoNew|Seccomp|Uid|Gid|Groups).*"))
        .toList();
  }

  @Test
  void whatCriuCannotKeepIsSaidAtTheLineOfTheCommand() throws Exception {
    begin(ROOM);
    Process client =
        jstack.startCommand("busybox", "nc", "127.0.0.1", "18081"); // says nothing and stays
    jstack
        .jstack("exec", "a", "sh", "-c", "until netstat -tn | grep -q ESTAB; do :; done")
        .exits(0);
    jstack
        .jstack("checkpoint")
        .exits(1)
        .says("jstack.yaml:8:14: error: services.a.command: cannot checkpoint a-1, which goes on")
        .says("end its connections first");
    client.destroyForcibly().waitFor();
    jstack.jstack("down", "-v", "-t", "0").exits(0); // its layer has got a /tmp
    jstack.manifest(ROOM.replace(", /tmp]", "]")).jstack("up", "-d").exits(0);
    jstack
        .jstack("checkpoint")
        .exits(1)
        .says("jstack.yaml:12:16: error: services.a.read_only")
        .says("hint: write tmpfs: [/tmp]");
    assertThat(jstack.alive()).hasSize(1);
  }

  @Test
  void behindADownItIsMadeFromTheManifest() throws Exception {
    begin(ROOM);
    jstack.jstack("exec", "a", "sh", "-c", "echo scratch > /scratch/word").exits(0);
    jstack.jstack("exec", "a", "sh", "-c", "echo kept > /kept/word").exits(0);
    awaitMore("a", 5);
    jstack.jstack("checkpoint").exits(0);
    int lines = counted("a").size();
    jstack.jstack("down").exits(0);
    jstack.jstack("-p", "demo", "restore").exits(1).says("name its manifest instead of -p demo");
    with(fakeCriu("exit 1", ""), "restore").exits(1).says("cannot restore");
    Files.move(folder.resolve("data"), folder.resolve("elsewhere"));
    jstack
        .jstack("restore")
        .exits(1)
        .says("jstack.yaml:14:28: error: services.a.mounts[1]")
        .says("which a-1 had mounted");
    Files.move(folder.resolve("elsewhere"), folder.resolve("data"));
    Files.delete(jstack.run().resolve(".salt")); // as behind a reboot: a config has another name
    assertThat(jstack.run().resolve("demo")).doesNotExist();
    jstack.jstack("restore").exits(0).says("a-1  restored");
    Eventually.check(() -> assertThat(counted("a")).isNotEmpty());
    assertThat(counted("a").get(0)).endsWith(" " + (lines + 1));
    jstack
        .jstack("exec", "a", "cat", "/scratch/word", "/kept/word", "/data/file", "/plan")
        .prints("scratch\nkept\nboundthe plan");
    assertThat(Command.output("busybox", "wget", "-q", "-O", "-", "http://127.0.0.1:18081/"))
        .contains("hello");
    jstack.jstack("-p", "demo", "ps").exits(0).prints("running");
  }
}
