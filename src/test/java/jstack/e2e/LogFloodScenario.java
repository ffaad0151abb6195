package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import jstack.support.Command;
import jstack.support.Eventually;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A hundred megabytes, as fast as a process can write them, and whoever has to take them. */
@Tag("kernel")
class LogFloodScenario {
  private static final int LINES = 1_000_000;

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

  private static long number(String text, String key) {
    return text.lines()
        .filter(line -> line.startsWith(key))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
        .sum();
  }

  @Test
  void aHundredMegabytesArriveWholeThroughASmallSupervisor() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          a:
            rootfs: ROOTFS
            command: [/probe, flood, "100000000"]
            network_mode: none
            logging: {max-size: 20m, max-file: 12}
            timeout: 10m
            healthcheck: {test: [CMD, /probe, "true"], interval: 50ms}
        """);
    jstack.jstack("up", "-d").exits(0);
    Path status = jstack.run().resolve("demo/a-1/status");
    long supervisor = number(Files.readString(status), "supervisor_pid=");
    long[] most = {0};
    Eventually.check(
        () -> {
          if (!Files.readString(status).contains("state=exited")) {
            String own = Files.readString(Path.of("/proc/" + supervisor + "/status"));
            most[0] = Math.max(most[0], number(own, "RssAnon:"));
            throw new AssertionError("still running");
          }
        });
    assertThat(most[0]).as("kB that the supervisor has of its own").isLessThan(1024);
    assertThat(Files.readString(status)).contains("exit_code=0");
    List<Path> files = new ArrayList<>();
    for (int i = 11; i > 0; i--) {
      files.add(status.resolveSibling("log." + i));
    }
    files.add(status.resolveSibling("log"));
    int next = 0;
    for (Path file : files) {
      next = Files.exists(file) ? follow(file, next) : next;
    }
    assertThat(next).isEqualTo(LINES);
  }

  /**
   * The container's own stream, in the hands of somebody who goes on: it may have been given away
   * through a socket on a shared volume.
   */
  @Test
  void whoWritesOnAfterTheEndDoesNotHoldTheEndBack() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          a:
            rootfs: ROOTFS
            command: [/probe, sleep]
            network_mode: none
            stop_grace_period: 0s
            logging: {max-size: 1m, max-file: 2}
        """);
    jstack.jstack("up", "-d").exits(0);
    Path run = jstack.run().resolve("demo/a-1");
    String supervisor = Objects.requireNonNull(jstack.status("a-1").get("supervisor_pid"));
    Process yes =
        new ProcessBuilder("yes", "").redirectOutput(run.resolve("stdout").toFile()).start();
    try {
      Eventually.check(() -> assertThat(run.resolve("log.1")).exists());
      jstack.killInit("a-1");
      Eventually.check(() -> assertThat(jstack.status("a-1")).containsEntry("state", "exited"));
      // The supervisor was the last who could read.
      assertThat(yes.waitFor(10, TimeUnit.SECONDS)).as("yes ends by SIGPIPE").isTrue();
      assertThat(run.toFile().list()).anyMatch(name -> name.startsWith("receipt."));
      assertThat(jstack.cgroup("memory").resolve("demo/a-1")).doesNotExist();
      assertThat(jstack.status("a-1")).containsEntry("signal", "9");
    } finally {
      yes.destroyForcibly();
      Command.run("kill", "-KILL", supervisor);
    }
  }

  @Test
  void whatLayInThePipeAtTheEndArrivesWhole() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          a: {rootfs: ROOTFS, command: [/probe, sleep], network_mode: none}
        """);
    jstack.jstack("up", "-d").exits(0);
    Path run = jstack.run().resolve("demo/a-1");
    String supervisor = Objects.requireNonNull(jstack.status("a-1").get("supervisor_pid"));
    Command.output("kill", "-STOP", supervisor);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 2500; i++) {
      text.append(String.format("%099d\n", i));
    }
    try {
      // Nearly all that it holds; more would wait for the supervisor.
      Files.writeString(run.resolve("stdout"), text, StandardOpenOption.WRITE);
      jstack.killInit("a-1");
    } finally {
      Command.output("kill", "-CONT", supervisor);
    }
    Eventually.check(() -> assertThat(jstack.status("a-1")).containsEntry("state", "exited"));
    assertThat(follow(run.resolve("log"), 0)).isEqualTo(2500);
  }

  /** The number of the line after the last. */
  private static int follow(Path file, int first) throws IOException {
    int next = first;
    try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.US_ASCII)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        int text = line.length() - 99;
        if (Integer.parseInt(line, text, line.length(), 10) != next) {
          throw new AssertionError("line " + next + " is lost: " + line);
        }
        next++;
      }
    }
    return next;
  }
}
