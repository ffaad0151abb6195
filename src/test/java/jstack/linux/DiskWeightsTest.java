package jstack.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskWeightsTest {
  @TempDir Path machine;
  private DiskWeights weights;

  @BeforeEach
  void begin() throws IOException {
    weights = new DiskWeights(machine.resolve("block"), machine.resolve("cgroup"));
    Files.createDirectories(weights.cgroups());
    disk("ram0", "none");
  }

  private void disk(String name, String scheduler) throws IOException {
    Path queue = Files.createDirectories(weights.disks().resolve(name).resolve("queue"));
    Files.writeString(queue.resolve("scheduler"), scheduler + "\n");
    Files.writeString(queue.resolve("../size"), name.startsWith("loop") ? "0\n" : "2048\n");
  }

  private void cgroup(String file, String text) throws IOException {
    Files.writeString(weights.cgroups().resolve(file), text);
  }

  @Test
  void inVersionOneADiskOfBfqUsesThem() throws IOException {
    disk("vda", "none [mq-deadline] bfq");
    disk("loop0", "none [bfq]"); // of no file
    assertThat(weights.areUsed()).isFalse();
    disk("sda", "none mq-deadline [bfq]");
    assertThat(weights.areUsed()).isTrue();
  }

  @Test
  void inVersionTwoTheCostModelDoes() throws IOException {
    cgroup("cgroup.controllers", "cpu io memory");
    disk("sda", "none [bfq]"); // whose file is io.bfq.weight there
    assertThat(weights.areUsed()).isFalse();
    cgroup("io.cost.qos", "8:0 enable=0 ctrl=auto\n");
    assertThat(weights.areUsed()).isFalse();
    cgroup("io.cost.qos", "8:0 enable=0 ctrl=auto\n254:0 enable=1 ctrl=auto\n");
    assertThat(weights.areUsed()).isTrue();
    assertThat(weights.mend()).contains("io.cost.qos");
  }

  @Test
  void whereNobodyCanTellNothingIsSaid() {
    assertThat(new DiskWeights(machine.resolve("nothing"), machine).areUsed()).isTrue();
  }
}
