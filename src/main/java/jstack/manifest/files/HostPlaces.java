package jstack.manifest.files;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.linux.KernelMounts;
import jstack.linux.MountInfo;
import jstack.manifest.HostPath;
import jstack.manifest.Opening;

/**
 * Which paths of this machine hold more than files: who mounts them into a container takes a wall
 * away. Paths are judged by what they lead to, links resolved, and by what is mounted there and
 * below: a procfs is one wherever it is mounted.
 */
public final class HostPlaces {
  /** Where the FHS has them. */
  public static final List<HostPath> USUAL_STATE =
      List.of(new HostPath("/run/jstack"), new HostPath("/var/lib/jstack"));

  /** Of container engines, and of those who start programs as root for whoever asks. */
  private static final List<String> SOCKETS =
      List.of(
          "docker.sock",
          "containerd.sock",
          "podman.sock",
          "crio.sock",
          "buildkitd.sock",
          "dockershim.sock",
          "lxd.socket",
          "incus.socket");

  private static final List<String> KNOWN_SOCKETS =
      List.of(
          "/run/docker.sock",
          "/run/containerd/containerd.sock",
          "/run/k3s/containerd/containerd.sock",
          "/run/podman/podman.sock",
          "/run/crio/crio.sock",
          "/run/buildkit/buildkitd.sock",
          "/run/lxd.socket",
          "/run/incus/unix.socket",
          "/var/lib/lxd/unix.socket",
          "/var/lib/incus/unix.socket",
          "/var/snap/lxd/common/lxd/unix.socket",
          "/run/systemd/private");

  private static final String USERS = "/run/user";

  private final HostFiles files;
  private final List<String> state = new ArrayList<>();

  /** Fifty services may name one archive. */
  private final Map<String, Set<Opening>> known = new HashMap<>();

  /**
   * @param state the directories of jstack's own
   */
  public HostPlaces(HostFiles files, List<HostPath> state) {
    this.files = files;
    for (HostPath each : state) {
      this.state.add(each.value());
      this.state.add(files.real(each).value());
    }
  }

  /**
   * The walls that are gone when a path is mounted.
   *
   * @param real the path without links
   */
  public Set<Opening> opens(HostPath real) {
    return known.computeIfAbsent(real.value(), this::opens);
  }

  private Set<Opening> opens(String path) {
    Set<Opening> opens = EnumSet.noneOf(Opening.class);
    if (path.equals("/")) {
      opens.add(Opening.MOUNT_ROOT); // which says it all
      return opens;
    }
    if (isWithin(path, "/proc")) {
      opens.add(Opening.MOUNT_PROC);
    }
    if (isWithin(path, "/sys")) {
      opens.add(Opening.MOUNT_SYS);
    }
    if (isWithin(path, "/dev")) {
      opens.add(Opening.MOUNT_DEV);
    }
    for (String own : state) {
      if (isWithin(path, own) || isWithin(own, path)) {
        opens.add(Opening.MOUNT_STATE);
      }
    }
    if (holdsSocket(path)) {
      opens.add(Opening.MOUNT_SOCKET);
    }
    mounted(path, opens);
    return opens;
  }

  private static boolean isWithin(String path, String folder) {
    return path.startsWith(folder)
        && (path.length() == folder.length() || path.charAt(folder.length()) == '/');
  }

  /** By the file systems: the one that the path is in, and those mounted below. */
  private void mounted(String path, Set<Opening> opens) {
    String holder = "";
    String type = "";
    for (MountInfo mount : files.mounts()) {
      String point = mount.mountPoint();
      if (isWithin(point, path) && point.length() > path.length()) {
        add(mount.type(), opens);
      } else if (point.length() >= holder.length()
          && (point.equals("/") || isWithin(path, point))) {
        holder = point;
        type = mount.type();
      }
    }
    add(type, opens);
  }

  private static void add(String type, Set<Opening> opens) {
    if (type.equals("proc")) {
      opens.add(Opening.MOUNT_PROC);
    } else if (type.equals("devtmpfs")) {
      opens.add(Opening.MOUNT_DEV);
    } else if (KernelMounts.SYS_TYPES.contains(type)) {
      opens.add(Opening.MOUNT_SYS);
    }
  }

  private boolean holdsSocket(String path) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    if (SOCKETS.contains(name) || KNOWN_SOCKETS.contains(path) || path.equals(USERS)) {
      return true;
    }
    for (String known : KNOWN_SOCKETS) {
      if (isWithin(known, path) && files.isThere(new HostPath(known))) {
        return true;
      }
    }
    for (String socket : SOCKETS) {
      if (files.isThere(new HostPath(path + "/" + socket))) {
        return true;
      }
    }
    return isWithin(path, USERS) && files.isThere(new HostPath(path + "/podman/podman.sock"));
  }
}
