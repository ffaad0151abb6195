package jstack.manifest.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import jstack.linux.MountInfo;
import jstack.linux.Namespace;
import jstack.manifest.BlockDevice;
import jstack.manifest.HostPath;
import jstack.manifest.Opening;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** By what is mounted where, and which sockets are there. */
class HostPlacesTest {
  private static final String MOUNTS =
      """
      20 1 254:0 / / rw - ext4 /dev/vda rw
      21 20 0:5 / /proc rw - proc proc rw
      22 20 0:6 / /sys rw - sysfs sysfs rw
      23 20 0:7 / /dev rw - devtmpfs dev rw
      30 20 0:5 / /srv/chroot/proc rw - proc proc rw
      31 20 0:7 / /srv/chroot/dev rw - devtmpfs dev rw
      32 20 0:9 / /srv/cg rw - cgroup2 cgroup2 rw
      33 32 0:10 / /srv/cg/plain rw - tmpfs tmpfs rw
      34 20 0:6 / /mnt/with\\040space rw - sysfs sysfs rw
      """;

  private record Machine(Set<String> sockets) implements HostFiles {
    @Override
    public Kind kind(HostPath path) {
      return Kind.UNKNOWN;
    }

    @Override
    public HostPath real(HostPath path) {
      return path;
    }

    @Override
    public boolean isThere(HostPath path) {
      return sockets.contains(path.value());
    }

    @Override
    public boolean isOwn(HostPath path, Namespace kind) {
      return false;
    }

    @Override
    public List<MountInfo> mounts() {
      return MountInfo.parseAll(MOUNTS);
    }

    @Override
    public String namespaceAt(HostPath path) {
      return "?";
    }

    @Override
    public Duration uptime() {
      return Duration.ZERO;
    }

    @Override
    public BlockDevice blockDevice(HostPath path) throws IOException {
      throw new IOException("none");
    }

    @Override
    public String text(ReadableFile file, String name) throws IOException {
      throw new IOException("none");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          /srv                    | mount-proc mount-sys mount-dev
          /srv/chroot             | mount-proc mount-dev
          /srv/chroot/proc/1/root | mount-proc
          /srv/cg                 | mount-sys
          /srv/cg/a/b             | mount-sys
          /srv/cg/plain           |
          /srv/cgx                |
          /mnt/with space/kernel  | mount-sys
          /home                   |
          /opt/engine             | mount-socket
          /run/podman             | mount-socket
          /run/user/1000          | mount-socket
          /run/user/1001          |
          /run/crio               |
          /                       | mount-root
          """)
  void aPathHoldsWhatIsMountedThereAndBelow(String path, String names) {
    Machine machine =
        new Machine(
            Set.of(
                "/opt/engine/docker.sock",
                "/run/podman/podman.sock",
                "/run/user/1000/podman/podman.sock"));
    HostPlaces places = new HostPlaces(machine, HostPlaces.USUAL_STATE);
    assertThat(places.opens(new HostPath(path)))
        .extracting(Opening::word)
        .containsExactlyInAnyOrderElementsOf(names == null ? List.of() : List.of(names.split(" ")));
  }
}
