package jstack.manifest.yaml;

import java.util.HashMap;
import java.util.Map;
import jstack.diag.Origin;

/** Takes the path of every key to the place where its value was written. */
public final class SourceMap {
  private final Map<String, Origin> places = new HashMap<>();

  private SourceMap() {}

  /** The map of a resolved tree, which may be added to. */
  public static Map<String, Origin> of(Node.Mapping root) {
    SourceMap map = new SourceMap();
    map.walk(root, "");
    return map.places;
  }

  private void walk(Node node, String path) {
    if (node instanceof Node.Mapping mapping) {
      for (Node.Entry entry : mapping.entries()) {
        String key = entry.key().text();
        String below = path.isEmpty() ? key : path + "." + key;
        if (path.isEmpty() && key.startsWith("x-")) {
          continue;
        }
        boolean empty = entry.value() instanceof Node.Scalar scalar && scalar.isNull();
        places.put(below, (empty ? entry.key() : entry.value()).origin());
        walk(entry.value(), below);
      }
    } else if (node instanceof Node.Sequence list) {
      for (int i = 0; i < list.items().size(); i++) {
        String below = path + "[" + i + "]";
        places.put(below, list.items().get(i).origin());
        walk(list.items().get(i), below);
      }
    }
  }
}
