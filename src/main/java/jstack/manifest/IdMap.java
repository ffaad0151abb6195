package jstack.manifest;

import java.util.List;

/** Which ids of a container are which ids of the machine; see user_namespaces(7). */
public record IdMap(List<Range> uids, List<Range> gids) {
  /**
   * {@code count} ids beginning at {@code inside} in the container are those from {@code outside}.
   */
  public record Range(long inside, long outside, long count) {
    /** As a line of /proc/PID/uid_map. */
    @Override
    public String toString() {
      return inside + " " + outside + " " + count;
    }
  }

  /** How many ids a container has unless the manifest says otherwise. */
  public static final long BLOCK = 65536;

  /** Of the pool, what containers without a written map get their blocks of. */
  public static final long BLOCKS_FIRST = 0x2800_0000L;

  public static final long BLOCKS_LAST = 0x6eff_ffffL;

  /** The ids that belong to no user of a machine: those that systemd leaves to containers. */
  public static final long POOL_FIRST = 524_288;

  public static final long POOL_LAST = 1_879_048_191;

  /** The machine's number of an id of the container; -1 when it is none. */
  public static long outside(List<Range> ranges, long inside) {
    for (Range range : ranges) {
      if (inside >= range.inside() && inside - range.inside() < range.count()) {
        return range.outside() + inside - range.inside();
      }
    }
    return -1;
  }

  /** Whether an id of the container is one at all. */
  public static boolean has(List<Range> ranges, long inside) {
    for (Range range : ranges) {
      if (inside >= range.inside() && inside - range.inside() < range.count()) {
        return true;
      }
    }
    return false;
  }

  public IdMap {
    uids = List.copyOf(uids);
    gids = List.copyOf(gids);
  }

  /** As many ids from 0 on as a block of the machine's has. */
  public static IdMap block(long outside, long count) {
    List<Range> ranges = List.of(new Range(0, outside, count));
    return new IdMap(ranges, ranges);
  }
}
