package jstack.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.manifest.BlockDevice;
import jstack.manifest.ByteSize;
import jstack.manifest.CgroupPath;
import jstack.manifest.CpuLimits;
import jstack.manifest.CpuMax;
import jstack.manifest.CpusetLimits;
import jstack.manifest.HostPath;
import jstack.manifest.IndexList;
import jstack.manifest.IoLimits;
import jstack.manifest.IoMax;
import jstack.manifest.MemoryLimits;
import jstack.manifest.Origins;
import jstack.manifest.Resources;
import jstack.manifest.Service;
import jstack.manifest.StackLimits;
import org.junit.jupiter.api.Test;

/** Every limit as the files of each version take it, and what a machine cannot hold. */
class CgroupDialectTest {
  private static final String HYBRID =
      ServiceFixture.HYBRID
          + """
          42 31 0:39 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset
          43 31 0:40 / /sys/fs/cgroup/blkio rw,relatime - cgroup cgroup rw,blkio
          """;

  private static final Resources ALL =
      new Resources(
          new MemoryLimits(mib(100), mib(90), mib(20), mib(10), mib(1), 5, true),
          new CpuLimits(new CpuMax(50_000, 100_000), 5000L, 200, true),
          new CpusetLimits(IndexList.parse("0-1"), IndexList.parse("0")),
          new IoLimits(
              2000,
              List.of(
                  new IoMax(
                      new BlockDevice(new HostPath("/dev/vda"), 254, 0), mib(1), null, 5L, 6L))),
          64L,
          Map.of("misc.max", "res 5"),
          null,
          true);

  private static ByteSize mib(long number) {
    return new ByteSize(number << 20);
  }

  private static List<String> texts(CgroupDialect dialect) {
    return dialect.limits(ALL).stream()
        .map(limit -> limit.key() + ": " + limit.file() + " " + limit.text())
        .toList();
  }

  @Test
  void versionTwoTakesEachLimitByItsName() {
    assertThat(texts(new CgroupV2()))
        .containsExactly(
            "memory.max: memory.max 104857600",
            "memory.high: memory.high 94371840",
            "memory.low: memory.low 20971520",
            "memory.min: memory.min 10485760",
            "memory.swap_max: memory.swap.max 1048576",
            "memory.oom_group: memory.oom.group 1",
            "cpu.max: cpu.max 50000 100000",
            "cpu.burst: cpu.max.burst 5000",
            "cpu.weight: cpu.weight 200",
            "cpu.idle: cpu.idle 1",
            "cpuset.cpus: cpuset.cpus 0-1",
            "cpuset.mems: cpuset.mems 0",
            "pids.max: pids.max 64",
            "io.weight: io.weight default 2000",
            "io.max[0]: io.max 254:0 rbps=1048576 wbps=max riops=5 wiops=6",
            "unified.misc.max: misc.max res 5");
    assertThat(new CgroupV2().missing(ALL))
        .extracting(CgroupDialect.Missing::key)
        .containsExactly("memory.swappiness");
  }

  @Test
  void versionOneHasOtherFilesAndLacksSome() {
    assertThat(texts(new CgroupV1()))
        .containsExactly(
            "memory.max: memory.limit_in_bytes 104857600",
            "memory.swap_max: memory.memsw.limit_in_bytes 105906176",
            "memory.low: memory.soft_limit_in_bytes 20971520",
            "memory.swappiness: memory.swappiness 5",
            "cpu.max: cpu.cfs_period_us 100000",
            "cpu.max: cpu.cfs_quota_us 50000",
            "cpu.burst: cpu.cfs_burst_us 5000",
            "cpu.weight: cpu.shares 2048",
            "cpu.idle: cpu.idle 1",
            "cpuset.cpus: cpuset.cpus 0-1",
            "cpuset.mems: cpuset.mems 0",
            "pids.max: pids.max 64",
            "io.weight: blkio.bfq.weight 2000",
            "io.max[0].rbps: blkio.throttle.read_bps_device 254:0 1048576",
            "io.max[0].riops: blkio.throttle.read_iops_device 254:0 5",
            "io.max[0].wiops: blkio.throttle.write_iops_device 254:0 6");
    assertThat(new CgroupV1().missing(ALL))
        .extracting(missing -> missing.key() + ": " + missing.why())
        .containsExactly(
            "memory.high: cgroup v1 has no memory.high",
            "memory.min: cgroup v1 has no memory.min",
            "unified.misc.max: cgroup v1 has no misc.max",
            "io.weight: blkio.bfq.weight of cgroup v1 holds at most 1000");
  }

  private static List<String> writes(Resources own, Resources stack, String mounts, HostView host) {
    StackLimits limits = new StackLimits(stack, new Origins("jstack.yaml", Map.of()));
    Program program =
        Compiler.compile(
            new ServiceFixture().cgroup(own).build(), ServiceFixture.target(mounts, limits, host));
    return program
        .all(HostInstruction.Write.class)
        .map(w -> w.file().value().replace("/sys/fs/cgroup/", "") + " " + w.text())
        .toList();
  }

  private static Resources cpus(String list) {
    CpusetLimits cpuset = new CpusetLimits(IndexList.parse(list), null);
    return new Resources(
        MemoryLimits.NONE, CpuLimits.NONE, cpuset, IoLimits.NONE, 64L, Map.of(), null, false);
  }

  @Test
  void aCpusetOfVersionOneIsFilledFromTheOutside() {
    HostView host =
        new FakeHost(
            Map.of(
                "/sys/fs/cgroup/cpuset/cpuset.cpus", "0-3",
                "/sys/fs/cgroup/cpuset/cpuset.mems", "0-1"));
    assertThat(writes(cpus("2"), cpus("1-2"), HYBRID, host))
        .containsExactly(
            "cpuset/jstack/cpuset.cpus 0-3",
            "cpuset/jstack/demo/cpuset.cpus 1-2",
            "cpuset/jstack/demo/web-1/cpuset.cpus 1-2",
            "cpuset/jstack/cpuset.mems 0-1",
            "cpuset/jstack/demo/cpuset.mems 0-1",
            "cpuset/jstack/demo/web-1/cpuset.mems 0-1",
            "cpuset/jstack/demo/cpuset.cpus 1-2",
            "pids/jstack/demo/pids.max 64",
            "cpuset/jstack/demo/web-1/cpuset.cpus 2",
            "pids/jstack/demo/web-1/pids.max 64");
  }

  @Test
  void theLimitsOfTheStackAreWrittenAboveThoseOfItsServices() {
    Resources stack = Resources.of(MemoryLimits.of(mib(512), mib(0)), CpuLimits.NONE, null);
    Resources own = Resources.of(MemoryLimits.NONE, CpuLimits.NONE, 64L);
    assertThat(writes(own, stack, HYBRID, new FakeHost(Map.of())))
        .endsWith(
            "memory/jstack/demo/memory.limit_in_bytes 536870912",
            "memory/jstack/demo/memory.memsw.limit_in_bytes 536870912",
            "pids/jstack/demo/web-1/pids.max 64");
    assertThat(writes(own, stack, ServiceFixture.V2, new FakeHost(Map.of())))
        .endsWith(
            "jstack/demo/memory.max 536870912",
            "jstack/demo/memory.swap.max 0",
            "jstack/demo/web-1/pids.max 64");
  }

  private static List<Diagnostic> refused(Resources own, String mounts, Map<String, String> files) {
    List<Diagnostic> found = new java.util.ArrayList<>();
    assertThatThrownBy(() -> writes(own, Resources.NONE, mounts, new FakeHost(files)))
        .isInstanceOfSatisfying(
            DiagnosticException.class,
            e -> {
              assertThat(e.failure()).isEqualTo(Failure.HOST);
              found.addAll(e.diagnostics());
            });
    assertThat(found).allMatch(d -> d.hint().length() > 5);
    return found;
  }

  @Test
  void aControllerThatIsNotThereIsNamed() {
    assertThat(refused(cpus("0"), ServiceFixture.HYBRID, Map.of()))
        .extracting(Diagnostic::message)
        .containsExactly("the cgroup controller cpuset is not mounted here");
    assertThat(
            refused(
                cpus("0"),
                ServiceFixture.V2,
                Map.of("/sys/fs/cgroup/cgroup.controllers", "cpu memory pids")))
        .extracting(Diagnostic::message)
        .containsExactly(
            "the cgroup controller cpuset is not in /sys/fs/cgroup/cgroup.controllers");
  }

  @Test
  void aStackIsNotThrottledWhereNothingWouldHoldIt() {
    BlockDevice disk = new BlockDevice(new HostPath("/dev/x"), 1, 0);
    Resources stack =
        new Resources(
            MemoryLimits.NONE,
            CpuLimits.NONE,
            CpusetLimits.NONE,
            new IoLimits(null, List.of(new IoMax(disk, null, null, 5L, null))),
            null,
            Map.of(),
            null,
            false);
    assertThatThrownBy(
            () -> writes(Resources.NONE, stack, ServiceFixture.HYBRID, new FakeHost(Map.of())))
        .isInstanceOfSatisfying(
            DiagnosticException.class,
            e ->
                assertThat(e.diagnostics())
                    .anyMatch(d -> d.message().contains("throttles each cgroup alone")));
  }

  private static Resources oomGroup() {
    MemoryLimits memory = new MemoryLimits(mib(64), null, null, null, mib(0), null, true);
    return Resources.of(memory, CpuLimits.NONE, 64L);
  }

  @Test
  void whereTheKernelEndsOneProcessTheSupervisorEndsTheGroup() {
    StackLimits none = new StackLimits(Resources.NONE, new Origins("jstack.yaml", Map.of()));
    Service service = new ServiceFixture().cgroup(oomGroup()).build();
    HostView host = new FakeHost(Map.of());
    Program v1 = Compiler.compile(service, ServiceFixture.target(HYBRID, none, host));
    assertThat(v1.all(SupervisorInstruction.OomGroup.class))
        .containsExactly(
            new SupervisorInstruction.OomGroup(
                new HostPath("/sys/fs/cgroup/memory/jstack/demo/web-1")));
    assertThat(ShellPrinter.print("web-1", v1))
        .contains(
            "oom-group /sys/fs/cgroup/memory/jstack/demo/web-1/memory.oom_control  # oom_kill");
    Program v2 = Compiler.compile(service, ServiceFixture.target(ServiceFixture.V2, none, host));
    assertThat(v2.all(SupervisorInstruction.OomGroup.class)).isEmpty();
    assertThat(v2.all(HostInstruction.Write.class).map(write -> write.file().value()))
        .contains("/sys/fs/cgroup/jstack/demo/web-1/memory.oom.group");
  }

  @Test
  void noSupervisorEndsAWholeStack() {
    assertThatThrownBy(() -> writes(Resources.NONE, oomGroup(), HYBRID, new FakeHost(Map.of())))
        .isInstanceOfSatisfying(
            DiagnosticException.class,
            e ->
                assertThat(e.diagnostics())
                    .extracting(Diagnostic::message)
                    .containsExactly(
                        "cgroup v1 has no memory.oom.group, so nobody would end the stack's other"
                            + " services"));
  }

  @Test
  void aFileThatTheKernelLacksIsNamed() {
    Resources burst =
        Resources.of(
            MemoryLimits.NONE, new CpuLimits(new CpuMax(1000, 1000), 5L, null, false), 64L);
    Map<String, String> old =
        Map.of(
            "/sys/fs/cgroup/cpu/notify_on_release", "0",
            "/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000",
            "/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1");
    assertThat(refused(burst, HYBRID, old))
        .extracting(Diagnostic::message)
        .containsExactly("this kernel has no cpu.cfs_burst_us");
  }

  @Test
  void aParentHasToBeThere() {
    Resources below =
        new Resources(
            MemoryLimits.NONE,
            CpuLimits.NONE,
            CpusetLimits.NONE,
            IoLimits.NONE,
            64L,
            Map.of(),
            CgroupPath.parse("gone.txt"),
            false);
    assertThat(refused(below, ServiceFixture.V2, Map.of()))
        .extracting(Diagnostic::message)
        .containsExactly("no cgroup /sys/fs/cgroup/gone.txt");
  }
}
