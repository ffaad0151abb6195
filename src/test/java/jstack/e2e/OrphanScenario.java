package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import jstack.support.Command;
import jstack.support.Eventually;
import jstack.support.Host;
import jstack.support.LeakCheck;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What was begun for somebody ends with them, also when they die while it is still on its way. */
@Tag("kernel")
@Timeout(120)
class OrphanScenario extends JstackScenario {
  private Set<String> before;

  @BeforeEach
  void makeContainer() throws Exception {
    before = LeakCheck.take().processes();
    Files.createDirectory(folder.resolve("seen"));
    jstack.manifest(
        """
        name: demo
        services:
          web:
            rootfs: BUSYBOX
            command: [sh, -c, "touch /seen/command; exec sleep 1000"]
            network_mode: none
            stop_grace_period: 0s
            volumes: ["./seen:/seen:rw"]
        """);
  }

  private Path container() {
    return jstack.run().resolve("demo/web-1");
  }

  /** The helper in the foreground; its init waits until somebody opens the FIFO. */
  private Process heldOnItsWay(String crash) throws Exception {
    jstack.jstack("create").exits(0);
    Files.writeString(container().resolve("crash"), crash);
    Command.output("mkfifo", container().resolve("crash.init").toString());
    String helper = Host.shim().resolveSibling("jstack-shim-crash").toString();
    return jstack.startCommand(helper, "run", container().toString());
  }

  private void goesOn() throws IOException {
    Files.newOutputStream(container().resolve("crash.init")).close();
  }

  /** Supervisors and inits that were begun since this test was. */
  private Set<String> ours() throws IOException {
    Set<String> now = new TreeSet<>(LeakCheck.take().processes());
    now.removeAll(before);
    return now;
  }

  @Test
  void aForegroundContainerWhoseSupervisorDiesOnTheWayNeverBegins() throws Exception {
    Process supervisor = heldOnItsWay("go on behind the clone\n1");
    assertThat(supervisor.waitFor()).isEqualTo(137);
    assertThat(ours()).as("its init").hasSize(1);
    goesOn();
    Eventually.check(() -> assertThat(ours()).isEmpty());
    assertThat(folder.resolve("seen/command")).doesNotExist();
  }
}
