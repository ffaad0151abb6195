package jstack.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class OwnProcessTest {
  @Test
  void isThisOne() throws Exception {
    assertThat(OwnProcess.pid()).isEqualTo(ProcessHandle.current().pid());
    Object owner = Files.getAttribute(Path.of("/proc/self/status"), "unix:uid");
    assertThat(OwnProcess.effectiveUser()).contains(owner.toString());
  }
}
