package jstack.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessReaderTest {
  @TempDir Path proc;

  @BeforeEach
  void boot() throws IOException {
    Files.writeString(proc.resolve("stat"), "cpu  1 2 3\nbtime 1700000000\nprocesses 9\n");
  }

  private void process(long pid, String name, String commandLine) throws IOException {
    Path directory = Files.createDirectories(proc.resolve(Long.toString(pid)));
    Files.writeString(
        directory.resolve("stat"),
        pid + " (" + name + ") S 1 1 1 0 -1 4194560 9 0 0 0 150 61 7 8 20 0 1 0 4250 100 5 1\n");
    Files.writeString(
        directory.resolve("status"), "Name:\tx\nUid:\t1000\t1001\t1000\t1000\nGid:\t5\t5\t5\t5\n");
    Files.writeString(directory.resolve("cmdline"), commandLine);
  }

  @Test
  void aProcessIsReadFromItsFiles() throws IOException {
    process(7, "a) (b", "/bin/sh\0-c\0echo \u00e4\0");
    assertThat(new ProcessReader(proc).read(7))
        .contains(
            new ProcessReader.Line(
                7,
                1001,
                Instant.ofEpochSecond(1_700_000_042).plusMillis(500),
                Duration.ofMillis(2110),
                List.of("/bin/sh", "-c", "echo \u00e4")));
  }

  @Test
  void whoHasNoCommandLineIsCalledByItsName() throws IOException {
    process(8, "defunct", "");
    assertThat(new ProcessReader(proc).read(8).orElseThrow().command())
        .containsExactly("[defunct]");
    process(9, "title", "nginx: master");
    assertThat(new ProcessReader(proc).read(9).orElseThrow().command())
        .containsExactly("nginx: master");
  }

  @Test
  void whoEndedMeanwhileIsNotThere() throws IOException {
    assertThat(new ProcessReader(proc).read(10)).isEmpty();
    Files.createDirectories(proc.resolve("11"));
    assertThat(new ProcessReader(proc).read(11)).isEmpty();
  }

  @Test
  void cgroupsBelowBelongToTheContainer() throws IOException {
    Path cgroup = Files.createDirectories(proc.resolve("cgroup/below/deeper")).resolve("../..");
    Files.writeString(cgroup.resolve("cgroup.procs"), "30\n4\n");
    Files.writeString(cgroup.resolve("below/deeper/cgroup.procs"), "12\n");
    assertThat(ProcessReader.members(cgroup)).containsExactly(4L, 12L, 30L);
    assertThat(ProcessReader.members(proc.resolve("gone"))).isEmpty();
  }
}
