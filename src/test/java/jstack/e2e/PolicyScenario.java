package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import jstack.support.LyingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Somebody else's manifest on a machine with a policy. */
class PolicyScenario {
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
