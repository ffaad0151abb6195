package jstack.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A disk of a file, with a file system of its own: nobody else's work is limited or measured. */
public final class LoopDisk implements AutoCloseable {
  private final Path mountPoint;
  private final String device;

  private LoopDisk(Path mountPoint, String device) {
    this.mountPoint = mountPoint;
    this.device = device;
  }

  public static LoopDisk mounted(Path mountPoint) throws IOException {
    Host.needsTool("/usr/sbin/losetup");
    Path file = Path.of(mountPoint + ".img");
    Files.createDirectories(mountPoint);
    Command.output("truncate", "-s", "100M", file.toString());
    Command.output("mkfs.ext4", "-q", "-F", file.toString());
    // Past the page cache below, too: as slow as the disk, so that there is a queue to share.
    String device =
        Command.output("losetup", "--direct-io=on", "--find", "--show", file.toString()).trim();
    LoopDisk disk = new LoopDisk(mountPoint, device);
    try {
      Command.output("mount", device, mountPoint.toString());
    } catch (IOException | RuntimeException | AssertionError e) {
      Command.run("losetup", "-d", device);
      throw e;
    }
    return disk;
  }

  public String device() {
    return device;
  }

  private Path queue() {
    return Path.of("/sys/block").resolve(Path.of(device).getFileName()).resolve("queue");
  }

  /** Those that the kernel has for it. */
  public String schedulers() throws IOException {
    return Files.readString(queue().resolve("scheduler"));
  }

  /**
   * Bfq is told to keep to the weights at any price, in small turns; it favours throughput else.
   */
  public void scheduler(String name) throws IOException {
    Files.writeString(queue().resolve("scheduler"), name);
    if (name.equals("bfq")) {
      Files.writeString(queue().resolve("iosched/low_latency"), "0");
      Files.writeString(queue().resolve("iosched/strict_guarantees"), "1");
      Files.writeString(queue().resolve("iosched/max_budget"), "1024");
    }
  }

  @Override
  public void close() throws IOException {
    Files.writeString(queue().resolve("scheduler"), "none");
    Command.output("umount", mountPoint.toString());
    Command.output("losetup", "-d", device);
  }
}
