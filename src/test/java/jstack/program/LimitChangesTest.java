package jstack.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import jstack.manifest.BlockDevice;
import jstack.manifest.ByteSize;
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
import jstack.manifest.StackLimits;
import org.junit.jupiter.api.Test;

class LimitChangesTest {
  private static final String V1 = "/sys/fs/cgroup/";
  private static final String PLACE = "/jstack/demo/web-1/";

  private static Program program(Resources own, Resources stack, String mounts) {
    StackLimits limits = new StackLimits(stack, new Origins("jstack.yaml", Map.of()));
    return Compiler.compile(
        new ServiceFixture().cgroup(own).build(),
        ServiceFixture.target(mounts, limits, new FakeHost(Map.of())));
  }

  private static Resources memory(String max, String swap) {
    MemoryLimits memory = MemoryLimits.of(ByteSize.parse(max), ByteSize.parse(swap));
    return Resources.of(memory, CpuLimits.NONE, 64L);
  }

  private static Resources cpu(String cpus, int weight) {
    CpuMax max = CpuMax.ofCpus(new BigDecimal(cpus));
    return Resources.of(MemoryLimits.NONE, new CpuLimits(max, null, weight, false), 64L);
  }

  private static Resources disk(Long riops) {
    IoMax max =
        new IoMax(new BlockDevice(new HostPath("/dev/vda"), 254, 0), null, null, riops, null);
    return new Resources(
        MemoryLimits.NONE,
        CpuLimits.NONE,
        new CpusetLimits(IndexList.parse("0-1"), null),
        new IoLimits(200, riops == null ? List.of() : List.of(max)),
        64L,
        Map.of(),
        null,
        false);
  }

  private static final Resources FREE = Resources.of(MemoryLimits.NONE, CpuLimits.NONE, 64L);

  private static LimitChanges changes(
      Resources old, Resources wanted, String mounts, Map<HostPath, String> seen) {
    return LimitChanges.ofContainer(
        program(old, Resources.NONE, mounts),
        program(wanted, Resources.NONE, mounts),
        seen,
        List.of());
  }

  private static List<String> words(LimitChanges changes) {
    return changes.changes().stream()
        .map(change -> change.key() + " " + change.before() + " -> " + change.after())
        .toList();
  }

  private static List<String> writes(LimitChanges changes) {
    return changes.writes().stream()
        .map(write -> write.file().value().replace(V1, "") + " " + write.text())
        .toList();
  }

  @Test
  void memoryIsSaidInTheWordsOfTheManifestInBothVersions() {
    LimitChanges v1 =
        changes(memory("512m", "0"), memory("1g", "0"), ServiceFixture.HYBRID, Map.of());
    assertThat(words(v1)).containsExactly("memory.max 512m -> 1g");
    assertThat(writes(v1))
        .containsExactly(
            "memory/jstack/demo/web-1/memory.limit_in_bytes 1073741824",
            "memory/jstack/demo/web-1/memory.memsw.limit_in_bytes 1073741824");
    LimitChanges v2 = changes(memory("512m", "0"), memory("1g", "1m"), ServiceFixture.V2, Map.of());
    assertThat(words(v2)).containsExactly("memory.max 512m -> 1g", "memory.swap_max 0 -> 1m");
  }

  @Test
  void aLimitThatIsNotThereAnyMoreIsLifted() {
    LimitChanges v1 = changes(memory("512m", "0"), FREE, ServiceFixture.HYBRID, Map.of());
    assertThat(words(v1))
        .containsExactly("memory.max 512m -> unlimited", "memory.swap_max 0 -> unlimited");
    assertThat(v1.writes()).extracting(LimitWrite::text).containsExactly("-1", "-1");
    LimitChanges cpu = changes(cpu("0.5", 200), FREE, ServiceFixture.V2, Map.of());
    assertThat(words(cpu)).containsExactly("cpu.max 0.5 -> unlimited", "cpu.weight 200 -> 100");
    assertThat(cpu.writes()).extracting(LimitWrite::text).containsExactly("max 100000", "100");
    LimitChanges shares = changes(cpu("0.5", 200), FREE, ServiceFixture.HYBRID, Map.of());
    assertThat(words(shares)).containsExactly("cpu.max 0.5 -> unlimited", "cpu.weight 200 -> 100");
    assertThat(changes(disk(5L), disk(null), ServiceFixture.V2, Map.of()).writes())
        .extracting(LimitWrite::text)
        .containsExactly("254:0 rbps=max wbps=max riops=max wiops=max");
  }

  @Test
  void whatTheKernelHoldsIsNotWrittenAgain() {
    HostPath limit = new HostPath(V1 + "memory" + PLACE + "memory.limit_in_bytes");
    HostPath both = new HostPath(V1 + "memory" + PLACE + "memory.memsw.limit_in_bytes");
    // 100000001 bytes are no whole pages: the kernel holds a little less.
    Resources wanted = memory("100000001", "0");
    Map<HostPath, String> held = Map.of(limit, "99999744", both, "99999744");
    assertThat(changes(FREE, wanted, ServiceFixture.HYBRID, held).writes()).isEmpty();
    Map<HostPath, String> free = Map.of(limit, "9223372036854771712", both, "9223372036854771712");
    assertThat(changes(wanted, FREE, ServiceFixture.HYBRID, free).writes()).isEmpty();
    assertThat(words(changes(wanted, wanted, ServiceFixture.HYBRID, free)))
        .containsExactly("memory.max unlimited -> 100000001", "memory.swap_max unlimited -> 0");
    String v2 = V1 + "jstack/demo/web-1/";
    Map<HostPath, String> lines =
        Map.of(
            new HostPath(v2 + "io.max"),
            "8:0 rbps=1 wbps=max riops=max wiops=max\n254:0 rbps=max wbps=max riops=5 wiops=max",
            new HostPath(v2 + "io.weight"),
            "default 200\n8:0 10",
            new HostPath(v2 + "cpuset.cpus"),
            "0-1",
            new HostPath(v2 + "pids.max"),
            "64");
    assertThat(changes(FREE, disk(5L), ServiceFixture.V2, lines).writes()).isEmpty();
    assertThat(words(changes(FREE, disk(6L), ServiceFixture.V2, lines)))
        .containsExactly(
            "io.max[254:0] rbps=max wbps=max riops=5 wiops=max"
                + " -> rbps=max wbps=max riops=6 wiops=max");
  }

  @Test
  void afterAnUnifiedFileThatNobodyKnowsThereIsNoWayBackInPlace() {
    Resources some =
        new Resources(
            MemoryLimits.NONE,
            CpuLimits.NONE,
            CpusetLimits.NONE,
            IoLimits.NONE,
            64L,
            Map.of("memory.zswap.max", "5"),
            null,
            false);
    assertThat(changes(some, FREE, ServiceFixture.V2, Map.of()).unknown()).hasSize(1);
    assertThat(words(changes(FREE, some, ServiceFixture.V2, Map.of())))
        .containsExactly("unified.memory.zswap.max nothing -> 5");
  }

  @Test
  void theStackHasLimitsOfItsOwnThatAllItsProgramsCarry() {
    Program old = program(FREE, memory("1g", "0"), ServiceFixture.HYBRID);
    Program wanted = program(memory("5m", "0"), memory("2g", "0"), ServiceFixture.HYBRID);
    HostPath limit = new HostPath(V1 + "memory/jstack/demo/memory.limit_in_bytes");
    HostPath both = new HostPath(V1 + "memory/jstack/demo/memory.memsw.limit_in_bytes");
    Map<HostPath, String> seen = Map.of(limit, "1073741824", both, "1073741824");
    LimitChanges changes = LimitChanges.ofStack(List.of(old), List.of(wanted), seen, List.of());
    assertThat(words(changes)).containsExactly("memory.max 1g -> 2g");
    assertThat(LimitChanges.ofStack(List.of(old), List.of(wanted), Map.of(), List.of()).writes())
        .isEmpty();

    Program adopted = old.withStackLimitsOf(wanted);
    assertThat(LimitChanges.ofStackIn(adopted)).isEqualTo(LimitChanges.ofStackIn(wanted));
    assertThat(LimitChanges.ofContainerIn(adopted)).isEqualTo(LimitChanges.ofContainerIn(old));
    assertThat(adopted.withStackLimitsOf(wanted)).isEqualTo(adopted);
    assertThat(LimitChanges.ofStackIn(wanted.withoutStackLimits())).isEmpty();
  }

  @Test
  void aLineThatMovedIsNoOtherLimitAndNoOtherPlace() {
    LimitWrite write =
        new LimitWrite(
            new HostPath(V1 + "blkio" + PLACE + "blkio.throttle.read_bps_device"),
            "8:0 100",
            jstack.diag.Origin.NONE);
    assertThat(write.place().disk()).isEqualTo("8:0");
    assertThat(write.before(Map.of(write.file(), "8:16 5"))).isEqualTo("8:0 0");
    assertThat(write.before(Map.of(write.file(), "8:16 5\n8:0 7"))).isEqualTo("8:0 7");
    assertThat(write.before(Map.of())).isNull();
  }
}
