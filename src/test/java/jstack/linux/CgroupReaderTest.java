package jstack.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CgroupReaderTest {
  private static final long UNKNOWN = CgroupStats.UNKNOWN;

  @TempDir Path folder;
  private final List<Path> directories = new ArrayList<>();

  /** A directory of one hierarchy: names and texts by turns. */
  private void cgroup(String hierarchy, String... files) throws IOException {
    Path directory = Files.createDirectories(folder.resolve(hierarchy));
    for (int i = 0; i < files.length; i += 2) {
      Files.writeString(directory.resolve(files[i]), files[i + 1]);
    }
    directories.add(directory);
  }

  @Test
  void ofV2EverythingIsInOneDirectory() throws IOException {
    cgroup(
        "v2",
        "cpu.stat",
        "usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\n"
            + "nr_periods 10\nnr_throttled 4\nthrottled_usec 30000\n",
        "memory.current",
        "4096\n",
        "memory.max",
        "8192\n",
        "memory.peak",
        "6000\n",
        "pids.current",
        "3\n",
        "io.stat",
        "8:0 rbytes=100 wbytes=20 rios=1 wios=1 dbytes=7 dios=1\n8:16 rbytes=1 wbytes=2 rios=1\n");
    assertThat(new CgroupReader().read(directories))
        .isEqualTo(
            new CgroupStats(
                new CgroupStats.Cpu(2_500_000_000L, 4, 30_000_000),
                new CgroupStats.Memory(4096, 8192, 6000),
                new CgroupStats.Io(101, 22),
                3));
  }

  @Test
  void ofV1EachControllerIsInItsOwnAndTheV2TreeBesideThemCountsNoThrottling() throws IOException {
    cgroup("unified", "cpu.stat", "usage_usec 7\nuser_usec 7\nsystem_usec 0\n");
    cgroup(
        "memory",
        "memory.usage_in_bytes",
        "4096\n",
        "memory.limit_in_bytes",
        "9223372036854771712\n",
        "memory.max_usage_in_bytes",
        "5000\n");
    cgroup("cpu", "cpu.stat", "nr_periods 10\nnr_throttled 4\nthrottled_time 12345\n");
    cgroup("cpuacct", "cpuacct.usage", "99000\n");
    cgroup("pids", "pids.current", "2\n");
    cgroup(
        "blkio",
        "blkio.throttle.io_service_bytes_recursive",
        "8:0 Read 10\n8:0 Write 20\n8:0 Sync 30\n8:16 Read 5\n8:16 Write 0\nTotal 35\n");
    assertThat(new CgroupReader().read(directories))
        .isEqualTo(
            new CgroupStats(
                new CgroupStats.Cpu(99_000, 4, 12_345),
                new CgroupStats.Memory(4096, UNKNOWN, 5000),
                new CgroupStats.Io(15, 20),
                2));
    assertThat(new CgroupReader().cpuNanos(directories)).isEqualTo(99_000);
  }

  @Test
  void noLimitOfV2IsAWord() throws IOException {
    cgroup("v2", "memory.max", "max\n");
    assertThat(new CgroupReader().read(directories).memory())
        .isEqualTo(new CgroupStats.Memory(UNKNOWN, UNKNOWN, UNKNOWN));
  }

  @Test
  void whatNobodyCountsOrIsTornIsUnknown() throws IOException {
    CgroupStats nothing =
        new CgroupStats(
            new CgroupStats.Cpu(UNKNOWN, UNKNOWN, UNKNOWN),
            new CgroupStats.Memory(UNKNOWN, UNKNOWN, UNKNOWN),
            new CgroupStats.Io(UNKNOWN, UNKNOWN),
            UNKNOWN);
    assertThat(new CgroupReader().read(List.of(folder.resolve("gone")))).isEqualTo(nothing);
    cgroup("torn", "cpu.stat", "usage_usec \nnr_thr", "pids.current", "", "memory.current", "x");
    assertThat(new CgroupReader().read(directories)).isEqualTo(nothing);
  }

  @Test
  void noDiskWasTouchedYet() throws IOException {
    cgroup("v2", "io.stat", "");
    assertThat(new CgroupReader().read(directories).io()).isEqualTo(new CgroupStats.Io(0, 0));
  }

  @Test
  void whatIsElsewhereForTheNextContainerIsFoundThere() throws IOException {
    cgroup("a-memory", "memory.usage_in_bytes", "4096\n");
    cgroup("a-pids", "pids.current", "2\n");
    List<Path> first = List.copyOf(directories);
    directories.clear();
    cgroup("b-pids", "pids.current", "5\n", "memory.limit_in_bytes", "7");
    cgroup("b-memory", "memory.usage_in_bytes", "8192\n");
    CgroupReader reader = new CgroupReader();
    assertThat(reader.read(first).pids()).isEqualTo(2);
    CgroupStats second = reader.read(directories);
    assertThat(second.pids()).isEqualTo(5);
    assertThat(second.memory()).isEqualTo(new CgroupStats.Memory(8192, 7, UNKNOWN));
  }

  @Test
  void theMemoryOfTheMachineIsInKilobytes() {
    assertThat(MemInfo.total("MemTotal:        4023512 kB\nMemFree: 1 kB\n"))
        .isEqualTo(4_023_512L * 1024);
    assertThat(MemInfo.total("")).isZero();
  }
}
