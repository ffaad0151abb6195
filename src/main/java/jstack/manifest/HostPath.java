package jstack.manifest;

import java.io.IOException;
import java.nio.file.InvalidPathException;
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
    String text = path.toString();
    boolean plain = text.startsWith("/") && !text.contains("/."); // nearly always
    return new HostPath(plain ? text : path.toAbsolutePath().normalize().toString());
  }

  public Path toPath() {
    return Path.of(value);
  }

  /** The same place without links; what is not there yet lies below the nearest that is. */
  public HostPath real() {
    String there = value;
    String rest = "";
    while (!there.equals("/")) {
      try {
        String found = Path.of(there).toRealPath().toString();
        return new HostPath(found.equals("/") && !rest.isEmpty() ? rest : found + rest);
      } catch (InvalidPathException e) {
        return this; // a JVM in the C locale cannot name it; links in it will not be followed
      } catch (IOException e) {
        int slash = there.lastIndexOf('/');
        rest = there.substring(slash) + rest;
        there = slash == 0 ? "/" : there.substring(0, slash);
      }
    }
    return this;
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
