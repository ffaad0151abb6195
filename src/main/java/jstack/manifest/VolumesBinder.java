package jstack.manifest;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Origin;
import org.jspecify.annotations.Nullable;

/** Binds the top level's {@code volumes}. */
final class VolumesBinder {
  private final BindContext context;
  private final Values values;

  VolumesBinder(BindContext context) {
    this.context = context;
    this.values = context.values();
  }

  /** All that are written, used or not. */
  Map<String, VolumeSpec> bind(@Nullable Node node, String project) {
    Map<String, VolumeSpec> volumes = new LinkedHashMap<>();
    if (node == null) {
      return volumes;
    }
    if (!(node instanceof Node.Mapping mapping)) {
      values.error(node, "volumes", "type", "must be a mapping, not " + node.kind(), "");
      return volumes;
    }
    for (Node.Entry entry : mapping.entries()) {
      String key = entry.key().text();
      String path = "volumes." + key;
      String mistake = Names.volumeMistake(key);
      if (!mistake.isEmpty()) {
        values.error(entry.key(), path, "name", mistake, "");
      }
      volumes.put(key, volume(key, entry, path, project));
    }
    return volumes;
  }

  private VolumeSpec volume(String key, Node.Entry entry, String path, String project) {
    Origin origin = entry.key().origin().withKeyPath(path);
    VolumeSpec plain = new VolumeSpec(key, project + "_" + key, false, Map.of(), origin);
    if (entry.value() instanceof Node.Scalar scalar && scalar.isNull()) {
      return plain;
    }
    Fields fields =
        Fields.of(
            entry.value(), path, Keys.Place.VOLUME, context.problems(), "nothing or a mapping");
    if (fields == null) {
      return plain;
    }
    Node driver = fields.get("driver");
    if (driver != null) {
      values.choice(driver, fields.path("driver"), List.of("local"));
    }
    Node flag = fields.get("external");
    Boolean external = flag == null ? null : values.bool(flag, fields.path("external"));
    boolean foreign = external != null && external;
    for (String other : List.of("driver", "labels")) {
      if (foreign && fields.has(other)) {
        String message = "`" + other + "` does not go with external: true";
        context.problems().error(fields.keyAt(other), "conflict", message);
      }
    }
    String written = name(fields);
    String name = written != null ? written : foreign ? key : plain.name();
    Node labels = fields.get("labels");
    return new VolumeSpec(
        key,
        name,
        foreign,
        labels == null ? Map.of() : labels(labels, fields.path("labels")),
        origin);
  }

  private @Nullable String name(Fields fields) {
    Node node = fields.get("name");
    String name = node == null ? null : values.string(node, fields.path("name"));
    String mistake = name == null ? "" : Names.volumeMistake(name);
    if (node != null && !mistake.isEmpty()) {
      values.error(node, fields.path("name"), "name", mistake, "");
    }
    return name;
  }

  /** A mapping, or a list of NAME=value. */
  private Map<String, String> labels(Node node, String path) {
    Map<String, String> labels = new LinkedHashMap<>();
    if (node instanceof Node.Mapping mapping) {
      for (Node.Entry entry : mapping.entries()) {
        String at = path + "." + entry.key().text();
        String value = values.text(entry.value(), at);
        if (value != null) {
          put(labels, entry.value(), at, entry.key().text(), value);
        }
      }
      return labels;
    }
    List<Node> items = values.items(node, path);
    for (int i = 0; i < items.size(); i++) {
      String at = path + "[" + i + "]";
      String text = values.text(items.get(i), at);
      if (text != null) {
        int equals = text.indexOf('=');
        String name = equals < 0 ? text : text.substring(0, equals);
        put(labels, items.get(i), at, name, equals < 0 ? "" : text.substring(equals + 1));
      }
    }
    return labels;
  }

  private void put(Map<String, String> labels, Node at, String path, String name, String value) {
    boolean line = (name + value).chars().anyMatch(c -> c < ' ');
    if (name.isEmpty() || name.indexOf('=') >= 0 || line) {
      values.error(at, path, "label", "a label is NAME: value in one line", "");
      return;
    }
    labels.put(name, value);
  }
}
