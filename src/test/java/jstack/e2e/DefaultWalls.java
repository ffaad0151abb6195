package jstack.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatList;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jstack.linux.MountInfo;

/** What holds for every process of a container by default, as the machine's kernel tells it. */
final class DefaultWalls {
  /** One wall: throws when it does not stand. */
  private interface Check {
    void run() throws Exception;
  }

  private static final List<String> MASKED =
      List.of(
          "/proc/acpi",
          "/proc/asound",
          "/proc/interrupts",
          "/proc/kcore",
          "/proc/keys",
          "/proc/latency_stats",
          "/proc/sched_debug",
          "/proc/scsi",
          "/proc/sysrq-trigger",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/sys/dev/block",
          "/sys/devices/virtual/powercap",
          "/sys/firmware",
          "/sys/fs/selinux",
          "/sys/kernel/debug",
          "/sys/kernel/security",
          "/sys/kernel/tracing");

  private static final Map<String, String> DEVICES =
      Map.of(
          "null", "1:3", "zero", "1:5", "full", "1:7", "random", "1:8", "urandom", "1:9", "tty",
          "5:0");

  private final Path proc;
  private final Map<String, String> status = new LinkedHashMap<>();
  private final List<MountInfo> mounts = new ArrayList<>();
  private final Map<String, Check> rows = new LinkedHashMap<>();

  DefaultWalls(long pid) throws IOException {
    this.proc = Path.of("/proc/" + pid);
    for (String line : Files.readAllLines(proc.resolve("status"))) {
      String[] parts = line.split(":", 2);
      status.put(parts[0], parts[1].strip());
    }
    for (String line : Files.readAllLines(proc.resolve("mountinfo"))) {
      MountInfo.parse(line).ifPresent(mounts::add);
    }
    privileges();
    places();
    resources();
  }

  /** How many walls are looked at. */
  int size() {
    return rows.size();
  }

  /** The walls that do not stand, each with what was seen instead. */
  List<String> broken() {
    List<String> broken = new ArrayList<>();
    rows.forEach(
        (name, check) -> {
          try {
            check.run();
          } catch (Exception | AssertionError e) {
            broken.add(name + ": " + e);
          }
        });
    return broken;
  }

  private void privileges() {
    String eight = "00000000000004fb";
    String none = "0000000000000000";
    boolean root = status.getOrDefault("Uid", "").startsWith(uid(0) + "\t");
    says("CapBnd", eight);
    says("CapEff", root ? eight : none);
    says("CapPrm", root ? eight : none);
    says("CapInh", none);
    says("CapAmb", none);
    says("NoNewPrivs", "1");
    says("Seccomp", "2");
    says("Groups", "");
    says("SigBlk", none);
    says("SigIgn", none);
    says("TracerPid", "0");
    row(
        "only standard input, output and error are open",
        () -> assertThat(names(proc.resolve("fd"))).containsExactly("0", "1", "2"));
    row(
        "nothing of the caller's environment",
        () -> {
          String[] variables = Files.readString(proc.resolve("environ")).split("\0", -1);
          List<String> names = Stream.of(variables).map(v -> v.split("=", -1)[0]).toList();
          assertThat(names).containsOnly("PATH", "HOSTNAME", "HOME", "");
        });
    for (String kind : List.of("mnt", "uts", "ipc", "pid", "net", "cgroup")) {
      row(
          "own namespace " + kind,
          () -> {
            Path file = Path.of("ns", kind);
            Path ours = Files.readSymbolicLink(Path.of("/proc/self").resolve(file));
            assertThat(Files.readSymbolicLink(proc.resolve(file))).isNotEqualTo(ours);
          });
    }
  }

  /** What root inside is outside. */
  private String uid(int inside) {
    try {
      String map = Files.readAllLines(proc.resolve("uid_map")).get(0).strip();
      return Long.toString(Long.parseLong(map.split("\\s+", -1)[1]) + inside);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private void says(String key, String value) {
    row(key, () -> assertThat(status.get(key)).isEqualTo(value));
  }

  private void places() throws IOException {
    has("/", "overlay", "rw", "nosuid", "nodev");
    has("/proc", "proc", "nosuid", "nodev", "noexec");
    has("/sys", "sysfs", "ro", "nosuid", "nodev", "noexec");
    has("/dev", "tmpfs", "ro", "nosuid", "noexec", "size=64k", "nr_inodes=1024", "mode=755");
    has("/dev/pts", "devpts", "nosuid", "noexec", "ptmxmode=666", "mode=620");
    has("/dev/shm", "tmpfs", "nosuid", "nodev", "noexec", "size=65536k");
    has("/dev/mqueue", "mqueue", "nosuid", "nodev", "noexec");
    for (String closed : List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys")) {
      if (Files.exists(Path.of(closed))) {
        has(closed, "proc", "ro");
      }
    }
    List<String> masked = new ArrayList<>(MASKED);
    try (Stream<Path> processors = Files.list(Path.of("/sys/devices/system/cpu"))) {
      processors
          .map(each -> each.resolve("thermal_throttle"))
          .map(Path::toString)
          .forEach(masked::add);
    }
    for (String path : masked) {
      if (Files.exists(inside(path))) {
        row("masked " + path, () -> masked(path));
      }
    }
    row(
        "no cgroups are mounted",
        () -> assertThatList(mounts).noneMatch(m -> m.type().startsWith("cgroup")));
    row(
        "no mount is shared with anybody",
        () ->
            assertThat(Files.readString(proc.resolve("mountinfo")))
                .doesNotContain("shared:")
                .doesNotContain("master:"));
    row(
        "/dev holds what it should and no more",
        () ->
            assertThat(names(inside("/dev")))
                .containsExactlyInAnyOrder(
                    "fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm", "stderr",
                    "stdin", "stdout", "tty", "urandom", "zero"));
    DEVICES.forEach((name, number) -> row("/dev/" + name, () -> device("/dev/" + name, number)));
    row(
        "/dev/shm is everybody's",
        () -> assertThat(attribute("/dev/shm", "mode") & 07777).isEqualTo(01777));
  }

  private Path inside(String path) {
    return proc.resolve("root" + path);
  }

  private int attribute(String path, String name) throws IOException {
    return (int) Files.getAttribute(inside(path), "unix:" + name, LinkOption.NOFOLLOW_LINKS);
  }

  private void device(String path, String number) throws IOException {
    long device = (long) Files.getAttribute(inside(path), "unix:rdev", LinkOption.NOFOLLOW_LINKS);
    assertThat((device >> 8) + ":" + (device & 0xff)).isEqualTo(number);
    assertThat(attribute(path, "mode")).isEqualTo(0020666);
  }

  private void masked(String path) throws IOException {
    if (Files.isDirectory(inside(path))) {
      assertThat(names(inside(path))).isEmpty();
      mounted(path, "tmpfs", "ro", "nr_inodes=1", "size=4k");
    } else {
      device(path, "1:3");
    }
  }

  private void has(String point, String type, String... options) {
    row(point + " is a " + type, () -> mounted(point, type, options));
  }

  private void mounted(String point, String type, String... options) {
    MountInfo mount =
        mounts.stream().filter(m -> m.mountPoint().equals(point)).findFirst().orElseThrow();
    List<String> all = new ArrayList<>(mount.options());
    all.addAll(mount.superOptions());
    assertThat(mount.type()).isEqualTo(type);
    assertThat(all).contains(options);
  }

  private void resources() {
    limit("Max core file size", 0, 0);
    limit("Max open files", 1024, 4096);
    limit("Max locked memory", 65536, 65536);
    says("Umask", "0022");
    row(
        "at most 1024 processes",
        () -> assertThat(cgroupFile("pids", "pids.max").strip()).isEqualTo("1024"));
    row(
        "as likely to go as its caller when memory runs out",
        () ->
            assertThat(Files.readString(proc.resolve("oom_score_adj")))
                .isEqualTo(Files.readString(Path.of("/proc/self/oom_score_adj"))));
  }

  private String cgroupFile(String controller, String file) throws IOException {
    for (String line : Files.readAllLines(proc.resolve("cgroup"))) {
      String[] parts = line.split(":", 3);
      if (parts[1].equals(controller) || (parts[1].isEmpty() && !hasV1(controller))) {
        String hierarchy = parts[1].isEmpty() ? "" : controller;
        return Files.readString(Path.of("/sys/fs/cgroup", hierarchy, parts[2], file));
      }
    }
    throw new IOException("no cgroup of " + controller);
  }

  private static boolean hasV1(String controller) {
    return Files.exists(Path.of("/sys/fs/cgroup", controller));
  }

  private void limit(String name, long soft, long hard) {
    row(
        name,
        () -> {
          String line =
              Files.readAllLines(proc.resolve("limits")).stream()
                  .filter(l -> l.startsWith(name))
                  .collect(Collectors.joining());
          String[] words = line.substring(name.length()).strip().split("\\s+", -1);
          assertThat(words).startsWith(Long.toString(soft), Long.toString(hard));
        });
  }

  private void row(String name, Check check) {
    rows.put(name, check);
  }

  private static TreeSet<String> names(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .map(entry -> String.valueOf(entry.getFileName()))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }
}
