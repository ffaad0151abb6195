package jstack.rootfs;

import jstack.manifest.RootfsLimits;

/**
 * How much of an archive is believed, so that a hostile one ends with an error and not with a full
 * disk. Sizes in bytes.
 *
 * @param digestKnown the archive is the one that the manifest means: it may lack its closing blocks
 * @param maxBytes of all files, holes counted as if they were full
 * @param ratio the most that one compressed byte may become, once {@code ratioFrom} bytes came out
 * @param maxExtension of one header that extends another, and of all global ones
 * @param maxPieces of a sparse file
 */
public record UnpackPolicy(
    int stripComponents,
    boolean digestKnown,
    long maxEntries,
    long maxBytes,
    long maxFile,
    int ratio,
    long ratioFrom,
    int maxPath,
    int maxComponent,
    int maxDepth,
    int maxExtension,
    int maxPieces) {
  public static final UnpackPolicy DEFAULT =
      new UnpackPolicy(
          0,
          false,
          2_000_000,
          20L << 30,
          8L << 30,
          200,
          100L << 20,
          4095,
          255,
          256,
          1 << 20,
          100_000);

  /** The part that the line of an archive in the manifest decides. */
  public UnpackPolicy with(int strip, boolean known, RootfsLimits limits) {
    return new UnpackPolicy(
        strip,
        known,
        limits.entries(),
        limits.size().bytes(),
        limits.file().bytes(),
        limits.ratio(),
        ratioFrom,
        maxPath,
        maxComponent,
        maxDepth,
        maxExtension,
        maxPieces);
  }

  /** Inverse of {@link #toString()}. */
  public static UnpackPolicy parse(String text) {
    String[] words = text.split(",", -1);
    return new UnpackPolicy(
        Integer.parseInt(words[0]),
        Boolean.parseBoolean(words[1]),
        Long.parseLong(words[2]),
        Long.parseLong(words[3]),
        Long.parseLong(words[4]),
        Integer.parseInt(words[5]),
        Long.parseLong(words[6]),
        Integer.parseInt(words[7]),
        Integer.parseInt(words[8]),
        Integer.parseInt(words[9]),
        Integer.parseInt(words[10]),
        Integer.parseInt(words[11]));
  }

  @Override
  public String toString() {
    Object[] values = {
      stripComponents,
      digestKnown,
      maxEntries,
      maxBytes,
      maxFile,
      ratio,
      ratioFrom,
      maxPath,
      maxComponent,
      maxDepth,
      maxExtension,
      maxPieces
    };
    StringBuilder text = new StringBuilder();
    for (Object value : values) {
      text.append(text.isEmpty() ? "" : ",").append(value);
    }
    return text.toString();
  }
}
