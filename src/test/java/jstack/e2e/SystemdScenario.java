package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import jstack.support.Host;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * A machine whose first process is systemd, which owns its tree of cgroups v2: one stack under
 * user-mode Linux (src/test/uml), called for from units that end, then by its generated one. Most
 * of its time is the start of six JVMs there.
 */
@Tag("kernel")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SystemdScenario {
  private static final String MANIFEST =
      """
      name: demo
      x-common: &common {rootfs: ./root, network_mode: none, command: [sleep, "1000"]}
      cgroup: {pids: {max: 100}}
      services:
        web:
          <<: *common
          cgroup: {memory: {max: 64m}, cpu: {weight: 300}}
        db: {<<: *common, environment: {ROUND: 1}}
      """;

  private final Map<String, String> seen = new LinkedHashMap<>();

  @BeforeAll
  void run(@TempDir Path temporary) throws Exception {
    Host.needsRoot();
    Host.needsTool("/usr/bin/linux.uml");
    Host.needsTool("/lib/systemd/systemd");
    // Letters that mean something in unit files.
    Path folder = Files.createDirectory(temporary.resolve("50% of \"it\" for $HOME"));
    Files.createDirectory(folder.resolve("root"));
    String jstack = Host.dist().resolve("bin/jstack").toString();
    Path manifest = Files.writeString(folder.resolve("jstack.yaml"), MANIFEST);
    String unit = output(60, List.of(jstack, "generate", "systemd", manifest.toString()));
    String text =
        output(
            330,
            List.of(
                "src/test/uml/run.sh",
                "src/test/uml/systemd.sh",
                jstack,
                folder.toString(),
                MANIFEST,
                unit));
    for (String line : text.lines().filter(line -> line.contains("=")).toList()) {
      String[] parts = line.split("=", 2);
      seen.put(parts[0], parts[1].strip());
    }
    System.out.println("shown under systemd: " + seen);
  }

  private static String output(int seconds, List<String> command) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(command));
    builder.environment().put("UML_SYSTEMD", "1");
    builder
        .environment()
        .put("JSTACK_JAVA", ProcessHandle.current().info().command().orElse("java"));
    Path errors = Files.createTempFile("systemd-scenario", ".err");
    Path out = Files.createTempFile("systemd-scenario", ".out");
    Process process = builder.redirectError(errors.toFile()).redirectOutput(out.toFile()).start();
    try {
      assertThat(process.waitFor(seconds, TimeUnit.SECONDS)).as("it ends by itself").isTrue();
      String said = Files.readString(out, StandardCharsets.UTF_8);
      assertThat(process.exitValue())
          .as(said + Files.readString(errors, StandardCharsets.UTF_8))
          .isEqualTo(0);
      return said;
    } finally {
      process.destroy();
      Files.delete(errors);
      Files.delete(out);
    }
  }

  private void shows(String name, String value) {
    assertThat(seen).containsEntry(name, value);
  }

  @Test
  void whoeverHasNoUnitOfItsOwnGetsADelegatedScope() {
    shows("scope", "ActiveState=active Delegate=yes Slice=system.slice TasksMax=infinity");
    shows("supervisors", "2");
    shows("between", "");
  }

  @Test
  void theKernelHoldsTheLimitsBelowTheScope() {
    shows("memory.max", "67108864");
    shows("cpu.weight", "300");
    shows("stack.pids.max", "100");
  }

  @Test
  void containersOutliveTheServiceAndTheLoginThatCalled() {
    shows("caller", "inactive");
    shows("session", "inactive");
    shows("survivors", "all");
  }

  @Test
  void aStackIsTheSameFromALoginAsFromAService() {
    shows("login", "0::/user.slice/session-7.scope");
    shows("again", "nothing to do");
  }

  @Test
  void theScopeEndsWithTheLastContainer() {
    shows("ended", "inactive");
    shows("left", "");
  }

  @Test
  void theGeneratedUnitHasItsStackInItsOwnCgroup() {
    shows("started", "active");
    shows("within", "67108864");
    shows("beside", "2");
    shows("no-scope", "inactive");
  }

  @Test
  void itsReloadChangesNoMoreThanTheManifest() {
    shows("reloaded", "active");
    shows("kept", "web");
    shows("changed", "ROUND=2");
    shows("old", "");
  }

  @Test
  void itsStopEndsEverything() {
    shows("stopped", "ActiveState=inactive Result=success");
    shows("rest", "");
    shows("processes", "0");
  }
}
