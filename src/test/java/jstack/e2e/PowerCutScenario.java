package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import jstack.support.Command;
import jstack.support.Eventually;
import jstack.support.Host;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The power is cut while a rootfs is fetched, unpacked and started: a copy of the disk is taken at
 * some moment, without what was only in the page cache, and the machine goes on from that.
 */
class PowerCutScenario {
  private static final int CUTS = Integer.getInteger("jstack.cuts", 3);
  private static final long SEED = Long.getLong("jstack.seed", System.nanoTime() % 100_000);

  /** A mount namespace of its own, where the disk is the copy and the boot another one. */
  private static final String REBOOT =
      """
      set -e
      mount -o loop "$2" "$3"
      echo 00000000-0000-4000-8000-000000000000 > "$2.boot"
      mount --bind "$2.boot" /proc/sys/kernel/random/boot_id
      "$1" ps -a
      "$1" up -d
      cat /proc/$(sed -n s/^pid=//p "$JSTACK_RUN/demo/a-1/status")/root"$4" > "$2.data"
      "$1" down -v
      umount "$3"
      """;

  @TempDir Path folder;
  private Jstack jstack;
  private Path disk;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
    Path data = jstack.probeRootfs().resolve("data");
    byte[] noise = new byte[1 << 20];
    new Random(SEED).nextBytes(noise);
    Files.write(data, noise);
    Command.output(
        "tar", "-C", jstack.probeRootfs().toString(), "-czf", folder + "/rootfs.tar.gz", ".");
    jstack.manifest(
        """
        name: demo
        services:
          a: {rootfs: ./rootfs.tar.gz, command: [/probe, count], network_mode: none,
              stop_grace_period: 0s}
        """);
    disk = folder.resolve("disk.img");
    Files.createDirectories(folder.resolve("state"));
    Command.output("truncate", "-s", "48M", disk.toString());
    Command.output("mkfs.ext4", "-q", "-F", disk.toString());
    Command.output(
        "mount", "-o", "loop,commit=300", disk.toString(), folder.resolve("state").toString());
    Files.writeString(folder.resolve("reboot.sh"), REBOOT);
  }

  @AfterEach
  void end() throws Exception {
    jstack.jstack("down", "-v", "-t", "0");
    Command.output("umount", folder.resolve("state").toString());
    jstack.close();
  }

  private Process up(String crash) throws IOException {
    return jstack.startCommand("env", "JSTACK_CRASH=" + crash, jstack.command(), "up", "-d");
  }

  @Test
  void whatThePowerCutLeftIsGoneOnWith() throws Exception {
    survives("/data", jstack.probeRootfs().resolve("data"), CUTS);
  }

  @Test
  void aJailIsWholeOrNotThere() throws Exception {
    jstack.manifest(
        """
        name: demo
        services:
          a: {rootfs: {host: {binaries: [/bin/bash, %s]}},
              command: [%s, sleep],
              network_mode: none, stop_grace_period: 0s}
        """
            .formatted(Host.probe(), Host.probe()));
    survives("/bin/bash", Path.of("/bin/bash"), 2);
  }

  /**
   * Of one moment: nobody writes or flushes while the copy is made, or it had the beginning of the
   * disk from before a write and its end from behind another.
   */
  private void copy(ProcessHandle up, Path copy) throws Exception {
    List<ProcessHandle> still = new ArrayList<>();
    List<ProcessHandle> all = List.of(up);
    while (!still.containsAll(all)) { // Who is born meanwhile is stopped, too.
      for (ProcessHandle process : all) {
        Command.run("kill", "-STOP", Long.toString(process.pid()));
        still.add(process);
      }
      Eventually.check(() -> assertThat(still).allMatch(PowerCutScenario::standsStill));
      all = Stream.concat(Stream.of(up), up.descendants()).toList();
    }
    Command.output("cp", "--sparse=always", disk.toString(), copy.toString());
    for (ProcessHandle process : still) {
      Command.run("kill", "-CONT", Long.toString(process.pid()));
    }
  }

  /** Every thread of it, or it is over: one that is within a call of the kernel's ends that. */
  private static boolean standsStill(ProcessHandle process) {
    try (Stream<Path> threads = Files.list(Path.of("/proc/" + process.pid() + "/task"))) {
      return threads.allMatch(thread -> isStopped(thread.resolve("stat")));
    } catch (IOException e) {
      return true;
    }
  }

  private static boolean isStopped(Path stat) {
    try {
      String text = Files.readString(stat, StandardCharsets.ISO_8859_1);
      return "TtZX".indexOf(text.charAt(text.lastIndexOf(')') + 2)) >= 0;
    } catch (IOException e) {
      return true; // It has ended.
    }
  }

  private void survives(String inside, Path outside, int cuts) throws Exception {
    Random random = new Random(SEED);
    for (int cut = 0; cut < cuts; cut++) {
      int millis = random.nextInt(1500);
      // Once right behind the moment when the rootfs has its name, before anything is flushed.
      boolean published = cut == 0;
      Path steps = folder.resolve("steps" + cut);
      Process up = up(steps.toString());
      if (published) {
        while (up.isAlive()
            && !(Files.exists(steps)
                && Files.readString(steps).contains("ask the launcher to start"))) {
          up.waitFor(1, TimeUnit.MILLISECONDS);
        }
      } else {
        up.waitFor(millis, TimeUnit.MILLISECONDS);
      }
      Path copy = folder.resolve("copy" + cut + ".img");
      copy(up.toHandle(), copy);
      jstack.finish(up, "").exits(0);
      jstack.jstack("down", "-v").exits(0);
      Process after =
          jstack.startCommand(
              "unshare",
              "-m",
              "sh",
              folder.resolve("reboot.sh").toString(),
              jstack.command(),
              copy.toString(),
              folder.resolve("state").toString(),
              inside);
      Jstack.Result result = jstack.finish(after, "");
      String when = published ? "when it is published" : millis + " ms";
      assertThat(result.code()).as(when + ", -Djstack.seed=" + SEED + ": " + result.err()).isZero();
      assertThat(result.err()).doesNotContain("bug of jstack");
      assertThat(Files.mismatch(Path.of(copy + ".data"), outside))
          .as("the rootfs is whole, " + when + ", -Djstack.seed=" + SEED)
          .isEqualTo(-1);
      Command.output("rm", "-rf", jstack.home().toString(), copy.toString());
    }
  }
}
