package jstack.manifest;

import java.util.Map;
import jstack.diag.Origin;

/**
 * Where each key of a manifest was written, by key path ({@code services.web.mounts[0]}), after
 * aliases, merges and short forms.
 *
 * <p>Excluded from equality: a moved line is no change.
 */
public final class Origins {
  private final Map<String, Origin> byKeyPath;
  private final String file;

  /** Keeps the map, which the binder still fills with the places of values under other keys. */
  public Origins(String file, Map<String, Origin> byKeyPath) {
    this.file = file;
    this.byKeyPath = byKeyPath;
  }

  /** The place of a key path, or of the nearest parent that was written; never null. */
  public Origin at(String keyPath) {
    String path = keyPath;
    int bracket = path.lastIndexOf('[');
    while (!path.isEmpty()) {
      Origin origin = byKeyPath.get(path);
      if (origin != null) {
        return origin.withKeyPath(keyPath);
      }
      int cut = Math.max(path.lastIndexOf('.'), bracket);
      if (cut >= 0 && cut == bracket) {
        bracket = path.lastIndexOf('[', cut - 1);
      }
      path = cut < 0 ? "" : path.substring(0, cut);
    }
    return Origin.ofFile(file).withKeyPath(keyPath);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Origins;
  }

  @Override
  public int hashCode() {
    return 0;
  }
}
