package jstack.manifest;

import jstack.linux.DiskWeights;
import org.jspecify.annotations.Nullable;

/**
 * The processors, memory nodes, disks and memory of the machine that a manifest is for; null when
 * not known.
 */
public record Topology(
    @Nullable IndexList cpus,
    @Nullable IndexList nodes,
    @Nullable DiskWeights disks,
    @Nullable ByteSize memory) {
  public static final Topology UNKNOWN = new Topology(null, null, null, null);

  /**
   * From {@code /sys/devices/system/cpu/online} and {@code /sys/devices/system/node/online}; a text
   * that is empty or strange says nothing.
   */
  public static Topology parse(String cpus, String nodes) {
    return new Topology(list(cpus), list(nodes), null, null);
  }

  public Topology withDisks(DiskWeights weights) {
    return new Topology(cpus, nodes, weights, memory);
  }

  /** From {@code /proc/meminfo}; a text without MemTotal says nothing. */
  public Topology withMemory(String meminfo) {
    int start = meminfo.indexOf("MemTotal:");
    int end = meminfo.indexOf(" kB", Math.max(0, start));
    try {
      String kibibytes = meminfo.substring(start + "MemTotal:".length(), end).strip();
      return new Topology(cpus, nodes, disks, new ByteSize(Long.parseLong(kibibytes) << 10));
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      return this;
    }
  }

  private static @Nullable IndexList list(String text) {
    try {
      return IndexList.parse(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
