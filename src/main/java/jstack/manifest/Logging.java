package jstack.manifest;

/**
 * How much of a container's output is kept: files of at most {@code maxSize}, {@code maxFile} of
 * them.
 */
public record Logging(ByteSize maxSize, int maxFile) {
  public static final Logging DEFAULT = new Logging(new ByteSize(10L << 20), 3);
}
