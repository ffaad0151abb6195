package jstack.manifest;

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
    value = clean(value);
  }

  private static String clean(String path) {
    StringBuilder out = new StringBuilder();
    for (String part : path.split("/+", -1)) {
      if (part.isEmpty() || part.equals(".")) {
        continue;
      }
      if (part.equals("..")) {
        throw new IllegalArgumentException("must not contain ..");
      }
      out.append('/').append(part);
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
}
