package jstack.manifest.bind;

import java.util.Objects;
import jstack.diag.Origin;
import org.jspecify.annotations.Nullable;

/** One limit and the first place that set it; another word for it must agree. */
final class Limit<T> {
  private final BindContext context;
  private final String base;
  private final String name;
  private @Nullable T value;
  private Origin origin = Origin.NONE;
  private boolean written;

  /**
   * @param base path of the service, empty for the stack
   * @param name of the key that the limit is known by
   */
  Limit(BindContext context, String base, String name) {
    this.context = context;
    this.base = base;
    this.name = name;
  }

  void offer(@Nullable T offered, Origin at) {
    written = true;
    if (offered == null) {
      return;
    }
    if (value == null) {
      value = offered;
      origin = at;
      context.origins().putIfAbsent(base.isEmpty() ? name : base + "." + name, at);
    } else if (!Objects.equals(value, offered)) {
      String before = shortPath(origin.keyPath());
      String message =
          "differs from " + before + " at line " + origin.line() + ", another word for it";
      context.problems().error(at, "conflict", message);
    }
  }

  private String shortPath(String path) {
    return !base.isEmpty() && path.startsWith(base + ".")
        ? path.substring(base.length() + 1)
        : path;
  }

  /** Also when what was written was refused. */
  boolean isWritten() {
    return written;
  }

  String name() {
    return name;
  }

  @Nullable T value() {
    return value;
  }

  Origin origin() {
    return origin;
  }
}
