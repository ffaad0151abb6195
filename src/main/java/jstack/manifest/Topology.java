package jstack.manifest;

import jstack.linux.DiskWeights;
import org.jspecify.annotations.Nullable;

/**
 * The processors, memory nodes and disks of the machine that a manifest is for; null when not
 * known.
 */
public record Topology(
    @Nullable IndexList cpus, @Nullable IndexList nodes, @Nullable DiskWeights disks) {
  public static final Topology UNKNOWN = new Topology(null, null, null);

  /**
   * From {@code /sys/devices/system/cpu/online} and {@code /sys/devices/system/node/online}; a text
   * that is empty or strange says nothing.
   */
  public static Topology parse(String cpus, String nodes) {
    return new Topology(list(cpus), list(nodes), null);
  }

  public Topology withDisks(DiskWeights weights) {
    return new Topology(cpus, nodes, weights);
  }

  private static @Nullable IndexList list(String text) {
    try {
      return IndexList.parse(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
