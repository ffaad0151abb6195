package jstack.manifest.bind;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Origin;
import jstack.manifest.Names;
import jstack.manifest.VolumeSpec;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.yaml.Node;
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
    return new VolumeSpec(
        key, name, foreign, new LabelsBinder(context).bind(fields, "labels"), origin);
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
}
