package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import jstack.support.Eventually;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands beside and instead of a service's own: exec and run. */
class ExecScenario {
  @TempDir Path folder;
  private Jstack jstack;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
    jstack.manifest(
        """
        name: demo
        services:
          web:
            rootfs: ROOTFS
            command: [/probe, sleep]
            environment: {A: "1"}
            cgroup: {pids: {max: 32}}
        """);
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  @Test
  void execSharesEveryNamespaceAndHasTheSameWalls() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    JsonNode seen =
        new ObjectMapper().readTree(jstack.jstack("exec", "web", "/probe").exits(0).out());
    Path ns = Path.of("/proc/" + jstack.pid("web-1") + "/ns");
    for (String name : new String[] {"mnt", "uts", "ipc", "pid", "net", "cgroup"}) {
      String own = java.nio.file.Files.readSymbolicLink(ns.resolve(name)).toString();
      assertThat(seen.get("namespaces").get(name).asText()).as(name).isEqualTo(own);
    }
    String status = seen.get("status").toString();
    assertThat(status).contains("CapEff:\\t00000000000004fb").contains("NoNewPrivs:\\t1");
    assertThat(seen.get("fds").size()).isEqualTo(3);
    assertThat(seen.get("cgroup").toString()).doesNotContain("jstack");
    assertThat(seen.get("environment").toString()).contains("A=1");
  }

  @Test
  void theExitCodeOfTheCommandIsOurs() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    jstack.jstack("exec", "web", "/probe", "exit", "42").exits(42);
    jstack.jstack("exec", "web", "/probe", "die", "9").exits(137);
    jstack.jstack("run", "--rm", "web", "/probe", "exit", "43").exits(43);
    jstack.jstack("run", "--rm", "web", "/probe", "die", "15").exits(143);
  }

  @Test
  void pipedStreamsStayApartAndEveryByteArrives() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    StringBuilder bytes = new StringBuilder();
    for (int i = 0; i < 300_000; i++) {
      bytes.append((char) (i * 31 % 256));
    }
    for (String[] verb : new String[][] {{"exec", "web"}, {"run", "--rm", "web"}}) {
      String[] cat =
          java.util.stream.Stream.concat(
                  java.util.Arrays.stream(verb), java.util.stream.Stream.of("/probe", "cat"))
              .toArray(String[]::new);
      assertThat(jstack.jstackWithInput(bytes.toString(), cat).exits(0).out())
          .isEqualTo(bytes.toString());
      String[] both =
          java.util.stream.Stream.concat(
                  java.util.Arrays.stream(verb), java.util.stream.Stream.of("/probe", "both"))
              .toArray(String[]::new);
      Jstack.Result result = jstack.jstack(both).exits(0);
      assertThat(result.out()).isEqualTo("to stdout\n");
      assertThat(result.err()).isEqualTo("to stderr\n");
    }
  }

  @Test
  void aCommandThatIsNotThereIs127AndSaysSo() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    jstack
        .jstack("exec", "web", "/nothing")
        .exits(127)
        .says("cannot execute /nothing: No such file");
    jstack
        .jstack("exec", "web", "/etc/passwd")
        .exits(126)
        .says("cannot execute /etc/passwd: Permission denied");
    jstack
        .jstack("run", "--rm", "web", "nothing")
        .exits(127)
        .says("no such program in /usr/local/sbin");
    jstack.jstack("exec", "nobody", "/probe").exits(64).says("no service nobody");
    jstack.jstack("exec", "-w", "/none", "web", "/probe").exits(125).says("/none");
    jstack.jstack("exec", "-u", "nobody", "web", "/probe").exits(125).says("nobody");
    jstack.jstack("exec", "-w", "/proc/self/fd", "web", "/probe", "exit", "0").exits(0);
  }

  @Test
  void aUserAVariableAndAFolderCanBeGiven() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    String out =
        jstack
            .jstack("exec", "-u", "web", "-e", "B=2", "-w", "/etc", "web", "/probe")
            .exits(0)
            .out();
    JsonNode seen = new ObjectMapper().readTree(out);
    assertThat(seen.get("uid").asInt()).isEqualTo(1000);
    assertThat(seen.get("cwd").asText()).isEqualTo("/etc");
    assertThat(seen.get("environment").toString()).contains("B=2").contains("HOME=/srv/web");
  }

  @Test
  void atATerminalTheCommandHasOneWithItsSize() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    for (String verb : new String[] {"exec", "run --rm"}) {
      String command =
          "stty cols 91 rows 27; exec " + jstack.command() + " " + verb + " web /probe terminal";
      Process process = jstack.startCommand("script", "-qec", command, "/dev/null");
      Jstack.Result result = jstack.finish(process, "").exits(0);
      assertThat(result.out()).contains("terminal 91x27");
    }
  }

  @Test
  void aKilledExecLeavesNoCommandBehind() throws Exception {
    jstack.jstack("up", "-d").exits(0);
    Process exec = jstack.start("exec", "web", "/probe", "sleep");
    Eventually.check(() -> jstack.jstack("exec", "web", "/probe", "processes").prints("4 living"));
    exec.destroyForcibly().waitFor();
    Eventually.check(() -> jstack.jstack("exec", "web", "/probe", "processes").prints("3 living"));
    Process run = jstack.start("run", "--rm", "web", "/probe", "sleep");
    Eventually.check(() -> jstack.jstack("ps").prints("web-run-"));
    run.destroyForcibly().waitFor();
    Eventually.check(() -> assertThat(jstack.jstack("ps").out()).doesNotContain("web-run-"));
    jstack.jstack("up", "-d").exits(0).says("web-run-").says("removed");
    assertThat(jstack.jstack("ps", "-a").out()).doesNotContain("web-run-");
  }
}
