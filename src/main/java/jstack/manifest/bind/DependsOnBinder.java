package jstack.manifest.bind;

import java.util.ArrayList;
import java.util.List;
import jstack.diag.Origin;
import jstack.manifest.Condition;
import jstack.manifest.Dependency;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.yaml.Node;

/** Binds {@code depends_on}: a list of names, or a mapping of names to conditions. */
final class DependsOnBinder {
  private final BindContext context;
  private final Values values;

  DependsOnBinder(BindContext context) {
    this.context = context;
    this.values = context.values();
  }

  List<Dependency> bind(Fields service) {
    Node node = service.get("depends_on");
    String path = service.path("depends_on");
    List<Dependency> dependencies = new ArrayList<>();
    if (node instanceof Node.Mapping mapping) {
      for (Node.Entry entry : mapping.entries()) {
        dependencies.add(dependency(entry, path + "." + entry.key().text()));
      }
    } else if (node != null) {
      List<Node> items = values.items(node, path);
      for (int i = 0; i < items.size(); i++) {
        String at = path + "[" + i + "]";
        String name = values.string(items.get(i), at);
        if (name != null) {
          dependencies.add(new Dependency(name, items.get(i).origin().withKeyPath(at)));
        }
      }
    }
    return dependencies;
  }

  private Dependency dependency(Node.Entry entry, String path) {
    String name = entry.key().text();
    Origin origin = entry.key().origin().withKeyPath(path);
    if (entry.value() instanceof Node.Scalar scalar && scalar.isNull()) {
      values.error(
          entry.key(), path, "no-value", "has no value", "write condition: service_started");
      return new Dependency(name, origin);
    }
    Fields fields =
        Fields.of(entry.value(), path, Keys.Place.DEPENDENCY, context.problems(), "a mapping");
    return fields == null
        ? new Dependency(name, origin)
        : new Dependency(
            name,
            condition(fields),
            flag(fields, "restart", false),
            flag(fields, "required", true),
            origin);
  }

  private Condition condition(Fields fields) {
    Node node = fields.get("condition");
    String word =
        node == null ? null : values.choice(node, fields.path("condition"), Condition.words());
    return word == null ? Condition.STARTED : Condition.parse(word);
  }

  private boolean flag(Fields fields, String key, boolean otherwise) {
    Node node = fields.get(key);
    Boolean value = node == null ? null : values.bool(node, fields.path(key));
    return value == null ? otherwise : value;
  }
}
