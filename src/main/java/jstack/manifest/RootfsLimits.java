package jstack.manifest;

/**
 * How much an archive may become before it is given up.
 *
 * <pre>
 * rootfs: {url: ..., limits: {entries: 2000000, size: 20g, file: 8g, ratio: 200}}
 * </pre>
 *
 * @param size of all files together
 * @param file of the largest one
 * @param ratio the most that one compressed byte may become, after the first 100 MiB
 */
public record RootfsLimits(long entries, ByteSize size, ByteSize file, int ratio) {
  public static final RootfsLimits DEFAULT =
      new RootfsLimits(2_000_000, new ByteSize(20L << 30), new ByteSize(8L << 30), 200);
}
