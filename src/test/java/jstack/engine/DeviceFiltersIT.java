package jstack.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import jstack.manifest.HostPath;
import jstack.state.KernelView.DeviceFilter;
import jstack.support.Command;
import jstack.support.Host;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the kernel says of programs that somebody attached to a cgroup of version 2. */
@Tag("kernel")
class DeviceFiltersIT {
  /** Moves 1 to register 0, and exits: every device is allowed. */
  private static final String EVERYTHING = "b7000000010000009500000000000000";

  private static final String NOTHING = "b7000000000000009500000000000000";

  private Path cgroup = Path.of("/nowhere");

  @BeforeEach
  void begin() throws Exception {
    Host.needsRoot();
    Path hybrid = Path.of("/sys/fs/cgroup/unified");
    Path tree = Files.isDirectory(hybrid) ? hybrid : Path.of("/sys/fs/cgroup");
    cgroup = Files.createTempDirectory(tree, "devices");
  }

  @AfterEach
  void end() throws Exception {
    Files.delete(cgroup);
  }

  private void probe(String... words) throws Exception {
    Command.output(
        Host.probe().toString(), words[0], cgroup.toString(), words.length > 1 ? words[1] : "");
  }

  @Test
  void itTellsTheWantedProgramFromNoneAndFromOthers() throws Exception {
    HostPath place = HostPath.of(cgroup);
    try (DeviceFilters filters = new DeviceFilters(Host.shim())) {
      assertThat(filters.ask(place, EVERYTHING)).isEqualTo(DeviceFilter.NONE);
      probe("attach-devices", "1");
      assertThat(filters.ask(place, EVERYTHING)).isEqualTo(DeviceFilter.SAME);
      assertThat(filters.ask(place, NOTHING)).isEqualTo(DeviceFilter.OTHER);
      probe("attach-devices", "0");
      assertThat(filters.ask(place, EVERYTHING)).isEqualTo(DeviceFilter.BESIDE);
      probe("detach-devices");
      assertThat(filters.ask(place, EVERYTHING)).isEqualTo(DeviceFilter.NONE);
      probe("attach-devices", "0");
      assertThat(filters.ask(place, EVERYTHING)).isEqualTo(DeviceFilter.OTHER);
      assertThat(filters.ask(place, "no program")).isEqualTo(DeviceFilter.UNKNOWN);
      assertThat(filters.ask(new HostPath("/sys/fs/cgroup/gone"), EVERYTHING))
          .isEqualTo(DeviceFilter.UNKNOWN);
    }
  }
}
