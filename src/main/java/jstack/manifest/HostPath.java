package jstack.manifest;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * An absolute path of the host. It never meets a {@link ContainerPath} in one string: the one is
 * used as it is, the other is opened below a container's root.
 */
public record HostPath(String value) {
  public HostPath {
    if (!value.startsWith("/") || value.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("not an absolute path: " + value);
    }
  }

  public static HostPath of(Path path) {
    return new HostPath(path.toAbsolutePath().normalize().toString());
  }

  public Path toPath() {
    return Path.of(value);
  }

  public HostPath resolve(String name) {
    return new HostPath(value.equals("/") ? "/" + name : value + "/" + name);
  }

  @Override
  public String toString() {
    return value;
  }

  /** By hand, because the generated one costs a short-lived JVM 15 ms at its first call. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof HostPath that && value.equals(that.value);
  }

  @Override
  public int hashCode() {
    return value.hashCode();
  }
}
