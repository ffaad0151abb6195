package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import jstack.support.LyingServer;
import org.junit.jupiter.api.Test;

/** Somebody else's manifest on a machine with a policy. */
class PolicyScenario extends JstackScenario {
  @Test
  void nothingIsFetchedOrMadeWhenThePolicySaysNo() throws Exception {
    Files.writeString(
        folder.resolve("policy.yaml"),
        """
        rootfs: {hosts: [artifacts.example], sha256: required}
        limits: {memory: 64m}
        """);
    try (LyingServer server = new LyingServer(new byte[] {1, 2, 3})) {
      jstack.manifest(
          """
          name: demo
          services:
            web: {rootfs: "URL", command: [/probe, sleep]}
          """
              .replace("URL", server.url()));
      String[][] calls = {
        {"validate", "--policy", "policy.yaml"},
        {"plan", "--policy", "policy.yaml"},
        {"up", "-d", "--policy", "policy.yaml"},
        {"run", "--policy", "policy.yaml", "web"},
      };
      for (String[] words : calls) {
        jstack
            .jstack(words)
            .exits(65)
            .says("jstack.yaml:3:17: error: services.web.rootfs: a rootfs from 127.0.0.1 is not")
            .says("policy.yaml:1:17: rootfs.hosts: hosts: artifacts.example")
            .says("policy.yaml:1:46: rootfs.sha256: required")
            .says("policy.yaml:2:18: limits.memory: at most 64m");
      }
      Process process =
          jstack.startCommand("env", "JSTACK_POLICY=policy.yaml", jstack.command(), "up", "-d");
      jstack.finish(process, "").exits(65).says("policy.yaml:1:17");
      assertThat(server.requests()).isEmpty();
      assertThat(jstack.home()).doesNotExist();
    }
  }

  @Test
  void aRedirectLeadsToNoOtherHost() throws Exception {
    Files.writeString(folder.resolve("one.yaml"), "rootfs: {hosts: [127.0.0.1]}\n");
    Files.writeString(folder.resolve("two.yaml"), "rootfs: {hosts: [127.0.0.1, localhost]}\n");
    byte[] body = {1, 2, 3};
    try (LyingServer allowed = new LyingServer(body);
        LyingServer other = new LyingServer(body)) {
      allowed.redirectTo(other.url().replace("127.0.0.1", "localhost"));
      jstack.manifest(
          """
          name: demo
          services:
            web: {rootfs: "URL", command: [/probe, sleep]}
          """
              .replace("URL", allowed.url()));
      jstack
          .jstack("up", "-d", "--policy", "one.yaml")
          .exits(65)
          .says("jstack.yaml:3:17: error: services.web.rootfs: a redirect to localhost is not")
          .says("one.yaml:1:17: rootfs.hosts: hosts: 127.0.0.1");
      jstack.jstack("lock", "--policy", "one.yaml").exits(65).says("a redirect to localhost");
      assertThat(allowed.requests()).hasSize(2);
      assertThat(other.requests()).as("before connecting").isEmpty();
      jstack.jstack("up", "-d", "--policy", "two.yaml").exits(1);
      assertThat(other.requests()).isNotEmpty();
    }
  }

  @Test
  void whatTheCommandLineChangesIsHeldToo() throws Exception {
    Files.writeString(
        folder.resolve("policy.yaml"), "limits: {memory: 64m, pids: 32, services: 2}\n");
    jstack.manifest(
        """
        name: demo
        services:
          web:
            rootfs: ROOTFS
            command: [/probe, sleep]
            network_mode: none
            cgroup: {memory: 32m, pids: 16}
        """);
    jstack
        .jstack("up", "-d", "--policy", "policy.yaml", "--scale", "web=3")
        .exits(65)
        .says("3 con");
    jstack.jstack("up", "-d", "--policy", "policy.yaml").exits(0);
    jstack
        .jstack(
            "update", "--policy", "policy.yaml", "web", "--memory", "65m", "--pids-limit", "max")
        .exits(65)
        .says("--memory: 65m of memory is more than the policy allows")
        .says("policy.yaml:1:18: limits.memory: at most 64m")
        .says("--pids-limit: 1024 processes are more than the policy allows")
        .says("policy.yaml:1:29: limits.pids: at most 32");
    assertThat(jstack.jstack("stats", "--no-stream").out()).contains("32").doesNotContain("65");
    jstack.jstack("update", "--policy", "policy.yaml", "web", "--memory", "48m").exits(0);
    assertThat(jstack.jstack("stats", "--no-stream").out()).contains("48");
    jstack.jstack("update", "web", "--memory", "65m").exits(0);
  }

  /** Whoever wrote the plan may have written a policy for it, too. */
  @Test
  void aPlanBringsNoPolicyOfItsOwn() throws Exception {
    Files.writeString(folder.resolve("theirs.yaml"), "limits: {services: 9}\n");
    Files.writeString(folder.resolve("ours.yaml"), "limits: {services: 8}\n");
    jstack.manifest(
        "name: demo\nservices: {web: {rootfs: ROOTFS, command: [/probe, sleep], network_mode: none}}\n");
    jstack.jstack("plan", "-o", "plan", "--policy", "theirs.yaml").exits(0);
    String[] ours = {"env", "JSTACK_POLICY=ours.yaml", jstack.command(), "apply", "plan"};
    jstack
        .finish(jstack.startCommand(ours), "")
        .exits(1)
        .says("was made with another policy than JSTACK_POLICY names");
    String[] same = {"env", "JSTACK_POLICY=./theirs.yaml", jstack.command(), "apply", "plan"};
    jstack.finish(jstack.startCommand(same), "").exits(0);
  }

  @Test
  void whatThePolicyAllowsRunsAndComesDownWithoutIt() throws Exception {
    Files.createDirectories(folder.resolve("out"));
    Files.writeString(
        folder.resolve("policy.yaml"),
        """
        rootfs: {paths: [.]}
        mounts: {writable: ["${PWD}/out"], readable: []}
        limits: {memory: 64m, cpus: 1, pids: 32, services: 1}
        """);
    jstack.manifest(
        """
        name: demo
        services:
          web:
            rootfs: ROOTFS
            command: [/probe, sleep]
            network_mode: none
            mounts: ["./out:/out"]
            cgroup: {memory: 64m, cpu: 0.5, pids: 16}
        """);
    Process up =
        jstack.startCommand(
            "env", "PWD=" + folder, "JSTACK_POLICY=policy.yaml", jstack.command(), "up", "-d");
    jstack.finish(up, "").exits(0);
    jstack.jstack("exec", "-T", "web", "/probe", "write", "/out/x", "y").exits(0);
    assertThat(folder.resolve("out/x")).hasContent("y");
    Files.writeString(folder.resolve("policy.yaml"), "limits: {memory: 1m}");
    Process down =
        jstack.startCommand(
            "env", "JSTACK_POLICY=policy.yaml", jstack.command(), "down", "-t", "0");
    jstack.finish(down, "").exits(0);
  }
}
