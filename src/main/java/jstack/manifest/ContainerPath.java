package jstack.manifest;

import org.jspecify.annotations.Nullable;

/**
 * An absolute path inside a container, without {@code .} and {@code ..}, only ever opened below its
 * root.
 */
public record ContainerPath(String value) implements Comparable<ContainerPath> {
  public static final ContainerPath ROOT = new ContainerPath("/");

  public ContainerPath {
    if (!value.startsWith("/") || value.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("must be an absolute path in the container");
    }
    value = isClean(value) ? value : clean(value);
  }

  /** Most are, and are told by a look at what would have to go. */
  private static boolean isClean(String path) {
    return !path.contains("//")
        && !path.contains("/.")
        && (!path.endsWith("/") || path.equals("/"));
  }

  private static String clean(String path) {
    StringBuilder out = new StringBuilder();
    int start = 1;
    while (start < path.length()) {
      int slash = path.indexOf('/', start);
      int end = slash < 0 ? path.length() : slash;
      String part = path.substring(start, end);
      if (part.equals("..")) {
        throw new IllegalArgumentException("must not contain ..");
      }
      if (!part.isEmpty() && !part.equals(".")) {
        out.append('/').append(part);
      }
      start = end + 1;
    }
    return out.isEmpty() ? "/" : out.toString();
  }

  /** Whether this path is the other one or lies below it. */
  public boolean isWithin(ContainerPath other) {
    return value.equals(other.value)
        || other.value.equals("/")
        || value.startsWith(other.value + "/");
  }

  @Override
  public int compareTo(ContainerPath other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }

  /** By hand, because the generated one costs a short-lived JVM 15 ms at its first call. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ContainerPath that && value.equals(that.value);
  }

  @Override
  public int hashCode() {
    return value.hashCode();
  }
}
