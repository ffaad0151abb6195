package jstack.manifest.bind;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.manifest.Labels;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Values;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/** Binds {@code labels} and {@code annotations}: a mapping, or a list of NAME=value. */
final class LabelsBinder {
  private static final int MOST = 1000;

  /** As long as a line may be that somebody still reads; a program carries them all. */
  private static final int LONGEST = 64 << 10;

  private final Values values;

  LabelsBinder(BindContext context) {
    this.values = context.values();
  }

  /** Those of a service. */
  Labels of(Fields service) {
    return service.has("labels") || service.has("annotations")
        ? new Labels(bind(service, "labels"), bind(service, "annotations"))
        : Labels.NONE;
  }

  /** Those of one key, in the order of the file; empty without it. */
  Map<String, String> bind(Fields fields, String key) {
    Node node = fields.get(key);
    return node == null ? Map.of() : bind(node, fields.path(key));
  }

  private Map<String, String> bind(Node node, String path) {
    Map<String, String> labels = new LinkedHashMap<>();
    if (node instanceof Node.Mapping mapping) {
      for (Node.Entry entry : few(mapping.entries(), node, path)) {
        String name = entry.key().text();
        String at = path + "." + name;
        boolean nothing = entry.value() instanceof Node.Scalar scalar && scalar.isNull();
        String value = nothing ? "" : values.text(entry.value(), at);
        if (value != null) {
          put(labels, nothing ? entry.key() : entry.value(), at, name, value);
        }
      }
      return labels;
    }
    if (node instanceof Node.Scalar) {
      String hint = "write NAME: value on a line of its own";
      values.error(node, path, "type", "must be a mapping or a list of NAME=value", hint);
      return labels;
    }
    List<Node> items = few(values.items(node, path), node, path);
    for (int i = 0; i < items.size(); i++) {
      String at = path + "[" + i + "]";
      String text = item(items.get(i), at);
      if (text != null) {
        int equals = text.indexOf('=');
        String name = equals < 0 ? text : text.substring(0, equals);
        if (labels.containsKey(name)) {
          values.error(items.get(i), at, "duplicate-key", "\"" + name + "\" is given twice", "");
        }
        put(labels, items.get(i), at, name, equals < 0 ? "" : text.substring(equals + 1));
      }
    }
    return labels;
  }

  private @Nullable String item(Node item, String path) {
    if (item instanceof Node.Mapping) {
      String hint = "in a list write NAME=value; without the - write NAME: value";
      values.error(item, path, "type", "must be NAME=value, not a mapping", hint);
      return null;
    }
    return values.text(item, path);
  }

  private <T> List<T> few(List<T> all, Node node, String path) {
    if (all.size() <= MOST) {
      return all;
    }
    String what = path.substring(path.lastIndexOf('.') + 1);
    values.error(node, path, "range", "more than " + MOST + " " + what, "");
    return List.of();
  }

  private void put(Map<String, String> labels, Node at, String path, String name, String value) {
    boolean line = (name + value).chars().anyMatch(c -> c < ' ' || c == 0x7f);
    if (name.isEmpty() || name.indexOf('=') >= 0 || line) {
      values.error(at, path, "label", "a label is NAME: value in one line", "");
    } else if (name.length() + value.length() > LONGEST) {
      values.error(at, path, "value-too-long", "longer than 64 KiB", "name a file instead");
    } else {
      labels.put(name, value);
    }
  }
}
