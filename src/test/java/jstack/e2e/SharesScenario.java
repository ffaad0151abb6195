package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import jstack.support.Command;
import jstack.support.Eventually;
import jstack.support.Host;
import jstack.support.LoopDisk;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Who is to have more does more: shares of work that was done, as ratios within one run, so that
 * neither a slow machine nor a busy one changes them.
 */
@Tag("kernel")
class SharesScenario {
  private static final int ROUNDS = 5;

  @TempDir Path folder;
  private Jstack jstack;

  @BeforeEach
  void begin() throws Exception {
    jstack = new Jstack(folder);
    Files.createDirectories(folder.resolve("work"));
  }

  @AfterEach
  void end() throws Exception {
    jstack.close();
  }

  /** A service that computes for ever, or writes a file of ./disk for ever. */
  private static String worker(String name, String limits, String file) {
    return String.format(
        Locale.ROOT,
        "  %s:%n    rootfs: ROOTFS%n    network_mode: none%n    mounts: [./work:/work%s]%n"
            + "    command: [/probe, work, /work/%s%s]%n    cgroup: %s%n"
            + "    stop_grace_period: 0s%n",
        name,
        file.isEmpty() ? "" : ", ./disk:/disk",
        name,
        file.isEmpty() ? "" : ", /disk/" + file,
        limits);
  }

  private void up(String... workers) throws Exception {
    jstack.manifest("name: shares\nservices:\n" + String.join("", workers));
    jstack.jstack("up", "-d").exits(0);
    for (String worker : workers) {
      String name = worker.strip().replaceAll("(?s):.*", "");
      Eventually.check(() -> assertThat(done(name)).isPositive());
    }
  }

  /** What a worker has done so far, as it counts in its file. */
  private long done(String name) throws Exception {
    byte[] bytes = Files.readAllBytes(folder.resolve("work").resolve(name));
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }

  /** How many times as much one does as the other: the middle one of several rounds. */
  private double ratio(String more, String less, long millis) throws Exception {
    List<Double> ratios = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      long most = done(more);
      long least = done(less);
      Thread.sleep(millis);
      ratios.add((done(more) - most) / (double) Math.max(1, done(less) - least));
    }
    Collections.sort(ratios);
    return ratios.get(ROUNDS / 2);
  }

  private static String weighed(String name, int weight) {
    return worker(name, "{cpuset: \"0\", cpu: {weight: " + weight + "}}", "");
  }

  @Test
  void threeTimesTheWeightDoesThreeTimesTheWorkOnOneProcessor() throws Exception {
    up(weighed("light", 100), weighed("heavy", 300));
    assertThat(ratio("heavy", "light", 600)).isBetween(2.4, 3.6);
  }

  @Test
  void equalWeightsDoEqualWork() throws Exception {
    up(weighed("one", 200), weighed("other", 200));
    assertThat(ratio("one", "other", 600)).isBetween(0.8, 1.25);
  }

  @Test
  void halfTheQuotaDoesHalfTheWork() throws Exception {
    up(
        worker("tenth", "{cpuset: \"0\", cpu: {max: 0.1}}", ""),
        worker("fifth", "{cpuset: \"0\", cpu: {max: 0.2}}", ""),
        worker("free", "{cpuset: \"" + (processors() - 1) + "\"}", ""));
    long free = Jstack.command(jstack.pid("free-1"));
    // Others may want the processors, too: in some round there is all that is due.
    Eventually.check(
        () -> {
          long at = System.nanoTime();
          long used = nanos(free);
          long tenth = done("tenth");
          long fifth = done("fifth");
          long all = done("free");
          Thread.sleep(800);
          double wall = System.nanoTime() - at;
          double each = (nanos(free) - used) / (double) (done("free") - all); // of a piece of work
          assertThat((done("tenth") - tenth) * each / wall).isBetween(0.07, 0.14);
          assertThat((done("fifth") - fifth) / (double) (done("tenth") - tenth))
              .isBetween(1.6, 2.5);
          assertThat((done("free") - all) / (double) (done("fifth") - fifth)).isGreaterThan(1.5);
        });
  }

  /** The time on a processor that a process has had; see /proc/PID/schedstat. */
  private static long nanos(long pid) throws Exception {
    return Long.parseLong(Files.readString(Path.of("/proc/" + pid + "/schedstat")).split(" ")[0]);
  }

  private static int processors() {
    return Runtime.getRuntime().availableProcessors();
  }

  @Test
  void aCpusetPinsAndNothingElseDoes() throws Exception {
    int last = processors() - 1;
    up(
        worker("pinned", "{cpuset: \"" + last + "\"}", ""),
        worker("anywhere", "{cpu: {weight: 100}}", ""));
    long pinned = Jstack.command(jstack.pid("pinned-1"));
    long anywhere = Jstack.command(jstack.pid("anywhere-1"));
    assertThat(allowed(pinned)).isEqualTo(Integer.toString(last));
    assertThat(allowed(anywhere)).isEqualTo(allowed(ProcessHandle.current().pid()));
    jstack
        .jstack("exec", "-T", "pinned", "/probe", "show")
        .prints("Cpus_allowed_list:\\u0009" + last);
    for (int i = 0; i < 50; i++) {
      String stat = Files.readString(Path.of("/proc/" + pinned + "/stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" "); // from the third
      assertThat(fields[39 - 3]).as("the processor it is on; proc(5)").isEqualTo("" + last);
      Thread.sleep(5);
    }
  }

  private static String allowed(long pid) throws Exception {
    String status = Files.readString(Path.of("/proc/" + pid + "/status"));
    return status.replaceAll("(?s).*Cpus_allowed_list:\\s*(\\S+).*", "$1");
  }

  @Test
  void aThrottledDiskTakesWhatTheLimitSays() throws Exception {
    try (LoopDisk disk = LoopDisk.mounted(folder.resolve("disk"))) {
      up(
          worker("slow", "{io: {max: [{device: " + disk.device() + ", wbps: 2m}]}}", "a"),
          worker("free", "{pids: 64}", "b"));
      assertThat(ratio("free", "slow", 1000)).isGreaterThan(4.0);
      long before = done("slow");
      Thread.sleep(2000);
      assertThat((done("slow") - before) / 16.0 / 2) // of 64k each
          .as("MiB a second")
          .isBetween(1.5, 2.6);
      jstack.jstack("down", "-t", "0").exits(0);
    }
  }

  @Test
  void aHeavierServiceHasMoreOfADiskThatHeedsWeights() throws Exception {
    try (LoopDisk disk = LoopDisk.mounted(folder.resolve("disk"))) {
      Host.needs(disk.schedulers().contains("bfq"), "needs a kernel with the scheduler bfq");
      disk.scheduler("bfq");
      up(
          worker("light", "{io: {weight: 100}}", "a"),
          worker("heavy", "{io: {weight: 300}}", "b"),
          worker("other", "{io: {weight: 300}}", "c"));
      assertThat(ratio("heavy", "light", 1000)).isBetween(2.0, 4.2);
      assertThat(ratio("heavy", "other", 1000)).isBetween(0.75, 1.35);
      assertThat(jstack.jstack("plan").exits(0).err()).doesNotContain("by weight");
      jstack.jstack("down", "-t", "0").exits(0);
    }
  }

  @Test
  void aWeightThatNoDiskHeedsIsNotDroppedSilently() throws Exception {
    boolean heeded =
        Command.output("sh", "-c", "cat /sys/block/*/queue/scheduler").contains("[bfq");
    jstack.manifest("name: shares\nservices:\n" + worker("web", "{io: {weight: 300}}", ""));
    Jstack.Result up = jstack.jstack("up", "-d").exits(0);
    String warning = "jstack.yaml:8:27: warning: services.web.cgroup.io.weight: no disk of";
    assertThat(up.err().contains(warning)).as(up.err()).isEqualTo(!heeded);
  }
}
