package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jstack.support.Command;
import jstack.support.Eventually;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each limit of cgroup v1 and hybrid in a service of its own: the kernel's file tells. */
@Tag("kernel")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CgroupLimitsScenario {
  private static final String STACK =
      "{memory: 1g, cpu: 1.5, cpuset: {cpus: \"0\", mems: \"0\"}, pids: 200, io: {weight: 150}}";

  /** Its service is called after its place in the list; an empty limit is the stack's. */
  private record Row(String limit, String controller, String file, String text) {}

  private static Row row(String limit, String controller, String file, String text) {
    return new Row(limit, controller, file, text);
  }

  private static final List<Row> ROWS =
      List.of(
          row("cgroup: {memory: 64m}", "memory", "memory.limit_in_bytes", "67108864"),
          row("cgroup: {memory: 64m}", "memory", "memory.memsw.limit_in_bytes", "67108864"),
          row(
              "cgroup: {memory: {max: 64m, swap_max: 1m}}",
              "memory",
              "memory.memsw.limit_in_bytes",
              "68157440"),
          row("cgroup: {memory: {low: 8m}}", "memory", "memory.soft_limit_in_bytes", "8388608"),
          row("mem_reservation: 8m", "memory", "memory.soft_limit_in_bytes", "8388608"),
          row("cgroup: {memory: {swappiness: 7}}", "memory", "memory.swappiness", "7"),
          row("mem_swappiness: 8", "memory", "memory.swappiness", "8"),
          row("cgroup: {cpu: 0.5}", "cpu", "cpu.cfs_quota_us", "50000"),
          row("cgroup: {cpu: 20000/50000}", "cpu", "cpu.cfs_period_us", "50000"),
          row("{cpu_quota: 20000, cpu_period: 50000}", "cpu", "cpu.cfs_quota_us", "20000"),
          row("cgroup: {cpu: {max: 0.5, burst: 10ms}}", "cpu", "cpu.cfs_burst_us", "10000"),
          row("cgroup: {cpu: {weight: 300}}", "cpu", "cpu.shares", "3072"),
          row("cpu_shares: 512", "cpu", "cpu.shares", "512"),
          row("cpu_shares: 2", "cpu", "cpu.shares", "2"),
          row("cpu_shares: 100", "cpu", "cpu.shares", "100"),
          row("cgroup: {cpu: {idle: true}}", "cpu", "cpu.idle", "1"),
          row("cgroup: {cpuset: \"0\"}", "cpuset", "cpuset.cpus", "0"),
          row("cgroup: {cpuset: {mems: \"0\"}}", "cpuset", "cpuset.mems", "0"),
          row("cgroup: {pids: 9}", "pids", "pids.max", "9"),
          row("stdin_open: false", "pids", "pids.max", "1024"),
          row("cgroup: {io: {weight: 300}}", "blkio", "blkio.bfq.weight", "300"),
          row("blkio_config: {weight: 400}", "blkio", "blkio.bfq.weight", "400"),
          row(io("rbps: 1m"), "blkio", "blkio.throttle.read_bps_device", "DISK 1048576"),
          row(io("wbps: 2m"), "blkio", "blkio.throttle.write_bps_device", "DISK 2097152"),
          row(io("riops: 50"), "blkio", "blkio.throttle.read_iops_device", "DISK 50"),
          row(io("wiops: 60"), "blkio", "blkio.throttle.write_iops_device", "DISK 60"),
          row("", "memory", "memory.limit_in_bytes", "1073741824"),
          row("", "cpu", "cpu.cfs_quota_us", "150000"),
          row("", "cpuset", "cpuset.cpus", "0"),
          row("", "pids", "pids.max", "200"),
          row("", "blkio", "blkio.bfq.weight", "150"));

  private static String io(String limit) {
    return "cgroup: {io: {max: [{device: DEVICE, " + limit + "}]}}";
  }

  private Jstack jstack;
  private String disk;

  static List<Row> rows() {
    return ROWS;
  }

  @BeforeAll
  void begin(@TempDir Path folder) throws Exception {
    jstack = new Jstack(folder);
    String device = aDisk();
    disk = Files.readString(Path.of("/sys/block/" + device + "/dev")).trim();
    StringBuilder text = new StringBuilder("name: limits\ncgroup: " + STACK + "\nservices:\n");
    for (int i = 0; i < ROWS.size(); i++) {
      String limit = ROWS.get(i).limit().replace("DEVICE", "/dev/" + device);
      if (!limit.isEmpty()) {
        text.append("  s")
            .append(i)
            .append(":\n    rootfs: ROOTFS\n    command: [/probe, sleep]\n");
        text.append("    network_mode: none\n    ");
        text.append(
            limit.startsWith("{") ? limit.replaceAll("[{}]", "").replace(", ", "\n    ") : limit);
        text.append('\n');
      }
    }
    jstack.manifest(text.toString()).jstack("up", "-d").exits(0);
  }

  /** Of the machine's whole disks the first that has a device file. */
  private static String aDisk() throws Exception {
    try (var all = Files.list(Path.of("/sys/block"))) {
      return all.map(path -> path.getFileName().toString())
          .filter(name -> Files.exists(Path.of("/dev/" + name)))
          .sorted()
          .findFirst()
          .orElseThrow();
    }
  }

  @AfterAll
  void end() throws Exception {
    jstack.close();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theKernelHoldsWhatTheManifestSays(Row row) throws Exception {
    Path project = jstack.cgroup(row.controller()).resolve("limits");
    String container = "s" + ROWS.indexOf(row) + "-1";
    Path place = row.limit().isEmpty() ? project : project.resolve(container);
    assertThat(Files.readString(place.resolve(row.file())).trim())
        .isEqualTo(row.text().replace("DISK", disk));
    if (!row.limit().isEmpty()) {
      long pid = Jstack.command(jstack.pid(container));
      assertThat(Files.readString(Path.of("/proc/" + pid + "/cgroup")))
          .contains(":" + row.controller() + ":/")
          .contains(place.toString().replaceFirst("/sys/fs/cgroup/[^/]*", ""));
    }
  }

  @Test
  void theSameManifestIsNoChange() throws Exception {
    jstack.jstack("up", "-d").exits(0).says("nothing to do");
  }

  @Test
  void whatVersionOneCannotHoldIs69WithTheFileAndTheMend(@TempDir Path folder) throws Exception {
    try (Jstack other = new Jstack(folder)) {
      for (List<String> each :
          List.of(
              List.of("memory: {high: 50m}", "memory.high"),
              List.of("memory: {min: 50m}", "memory.min"),
              List.of("unified: {misc.max: res 5}", "misc.max"),
              List.of("io: {weight: 5000}", "blkio.bfq.weight"),
              List.of("parent: nobody/made/this", "/nobody/made/this"))) {
        String limits = "cgroup: {" + each.get(0) + "}";
        other
            .manifest(
                "name: other\nservices:\n  web: {rootfs: ROOTFS, command: [/probe, sleep],"
                    + " network_mode: none, "
                    + limits
                    + "}\n")
            .jstack("up", "-d")
            .exits(69)
            .says("jstack.yaml:3:")
            .says(each.get(1))
            .says("hint: ");
      }
    }
  }

  @Test
  void aDelegatedCgroupIsTheContainersOwn(@TempDir Path folder) throws Exception {
    try (Jstack other = new Jstack(folder)) {
      other
          .manifest(
              """
              name: delegated
              services:
                web:
                  rootfs: BUSYBOX
                  command: [/bin/sleep, "1000"]
                  network_mode: none
                  cgroup: {delegate: true}
              """)
          .jstack("up", "-d")
          .exits(0);
      String script =
          "cd /sys/fs/cgroup && mkdir sub && echo $$ > sub/cgroup.procs && cat /proc/self/cgroup;"
              + " echo 1 > cgroup.kill";
      Jstack.Result result = other.jstack("exec", "-T", "web", "/bin/sh", "-c", script);
      result.prints("0::/sub").says("Permission denied");
    }
  }

  /** Deeper than a path of one name each may be long, and hidden ones, and very many. */
  @Test
  void whateverIsNestedInADelegatedCgroupGoesWithIt(@TempDir Path folder) throws Exception {
    try (Jstack other = new Jstack(folder)) {
      String script =
          "cd /sys/fs/cgroup; n=$$(printf %0200d 0); for i in $$(seq 30); do mkdir $$n; cd -P $$n; done;"
              + " cd /sys/fs/cgroup; for i in $$(seq 300); do mkdir d; cd -P d; done;"
              + " cd /sys/fs/cgroup; mkdir .hidden .hidden/...; mkdir $$(seq 1000);"
              + " echo $$$$ > .hidden/.../cgroup.procs; sleep 1000 & echo ready; wait";
      other
          .manifest(
              """
              name: demo
              services:
                web:
                  rootfs: BUSYBOX
                  command: [/bin/sh, -c, "%s"]
                  network_mode: none
                  stop_grace_period: 0s
                  cgroup: {delegate: true}
              """
                  .formatted(script))
          .jstack("up", "-d")
          .exits(0);
      Path log = other.run().resolve("demo/web-1/log");
      Eventually.check(() -> assertThat(log).content().endsWith("ready\n"));
      Path given = other.cgroup("unified").resolve("demo/web-1");
      assertThat(Files.readString(given.resolve(".hidden/.../cgroup.procs"))).isNotBlank();
      assertThat(Command.output("find", given.toString(), "-type", "d").lines())
          .hasSize(1 + 30 + 300 + 2 + 1000);
      long since = System.nanoTime();
      other.jstack("stop").exits(0);
      assertThat(given).doesNotExist();
      assertThat(Duration.ofNanos(System.nanoTime() - since)).isLessThan(Duration.ofSeconds(8));
    }
  }
}
