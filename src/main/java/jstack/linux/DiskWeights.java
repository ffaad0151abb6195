package jstack.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import jstack.diag.Inputs;

/**
 * Whether any disk is shared out by weight: every kernel takes weights, but only some ways to queue
 * requests look at them. In v1 that is the scheduler bfq of a disk, in v2 the cost model that
 * {@code io.cost.qos} turns on for a disk; see the kernel's pages on bfq-iosched and cgroup-v2.
 *
 * @param disks {@code /sys/block}
 * @param cgroups {@code /sys/fs/cgroup}
 * @param inputs is told when somebody asks
 */
public record DiskWeights(Path disks, Path cgroups, Inputs inputs) {
  public DiskWeights(Path disks, Path cgroups) {
    this(disks, cgroups, new Inputs());
  }

  public static DiskWeights ofThisMachine(Inputs inputs) {
    return new DiskWeights(Path.of("/sys/block"), Path.of("/sys/fs/cgroup"), inputs);
  }

  public boolean areUsed() {
    inputs.cannotAskAgain(); // there are as many answers as disks
    return isV2() ? read(cgroups.resolve("io.cost.qos")).contains("enable=1") : isAnyDiskOfBfq();
  }

  /** How to have them used. */
  public String mend() {
    return isV2()
        ? "echo 'MAJOR:MINOR enable=1' > /sys/fs/cgroup/io.cost.qos"
        : "echo bfq > /sys/block/DISK/queue/scheduler";
  }

  private boolean isV2() {
    return Files.exists(cgroups.resolve("cgroup.controllers"));
  }

  private boolean isAnyDiskOfBfq() {
    try (DirectoryStream<Path> all = Files.newDirectoryStream(disks)) {
      for (Path disk : all) {
        boolean isThere = !read(disk.resolve("size")).startsWith("0"); // or a free loop device
        if (isThere && read(disk.resolve("queue/scheduler")).contains("[bfq]")) {
          return true;
        }
      }
    } catch (IOException e) {
      return true; // Nobody can tell.
    }
    return false;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }
}
