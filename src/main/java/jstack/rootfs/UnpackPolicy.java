package jstack.rootfs;

/**
 * How much of an archive is believed, so that a hostile one ends with an error and not with a full
 * disk. Sizes in bytes.
 *
 * @param ratio the most that one compressed byte may become, once {@code ratioFrom} bytes came out
 */
public record UnpackPolicy(
    int stripComponents,
    long maxEntries,
    long maxBytes,
    long maxFile,
    int ratio,
    long ratioFrom,
    int maxPath,
    int maxComponent,
    int maxDepth,
    int maxExtension) {
  public static final UnpackPolicy DEFAULT =
      new UnpackPolicy(0, 2_000_000, 20L << 30, 8L << 30, 200, 100L << 20, 4095, 255, 256, 1 << 20);

  public UnpackPolicy withStripComponents(int count) {
    return new UnpackPolicy(
        count,
        maxEntries,
        maxBytes,
        maxFile,
        ratio,
        ratioFrom,
        maxPath,
        maxComponent,
        maxDepth,
        maxExtension);
  }
}
