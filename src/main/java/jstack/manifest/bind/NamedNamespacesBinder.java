package jstack.manifest.bind;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.linux.Namespace;
import jstack.manifest.NamedNamespace;
import jstack.manifest.Names;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/** Binds the top level's {@code namespaces}. */
final class NamedNamespacesBinder {
  private final BindContext context;
  private final Values values;

  NamedNamespacesBinder(BindContext context) {
    this.context = context;
    this.values = context.values();
  }

  Map<String, NamedNamespace> bind(@Nullable Node node) {
    Map<String, NamedNamespace> named = new LinkedHashMap<>();
    if (node == null) {
      return named;
    }
    if (!(node instanceof Node.Mapping mapping)) {
      values.error(node, "namespaces", "type", "must be a mapping, not " + node.kind(), "");
      return named;
    }
    for (Node.Entry entry : mapping.entries()) {
      String name = entry.key().text();
      String path = "namespaces." + name;
      String mistake = Names.serviceMistake(name).replace("service", "namespace");
      if (mistake.isEmpty() && (name.equals("new") || name.equals("host"))) {
        mistake = "\"" + name + "\" is no name: it already means something in a service";
      }
      if (!mistake.isEmpty()) {
        values.error(entry.key(), path, "name", mistake, "");
      }
      NamedNamespace namespace = namespace(name, entry, path);
      if (namespace != null) {
        named.put(name, namespace);
      }
    }
    return named;
  }

  private @Nullable NamedNamespace namespace(String name, Node.Entry entry, String path) {
    Node value = entry.value();
    if (value instanceof Node.Scalar scalar && scalar.isNull()) {
      String hint = "write its kind: " + name + ": ipc";
      values.error(entry.key(), path, "no-value", "has no value", hint);
      return null;
    }
    if (value instanceof Node.Scalar) {
      Namespace kind = kind(value, path);
      return kind == null
          ? null
          : new NamedNamespace(name, kind, null, null, entry.key().origin().withKeyPath(path));
    }
    Fields fields =
        Fields.of(
            value, path, Keys.Place.NAMED_NAMESPACE, context.problems(), "a kind or a mapping");
    if (fields == null) {
      return null;
    }
    if (!fields.seems("type")) {
      String hint = "one of " + String.join(", ", NamespacesBinder.kinds());
      values.error(value, path, "missing-key", "needs `type`", hint);
    }
    Node type = fields.get("type");
    Namespace kind = type == null ? null : kind(type, fields.path("type"));
    IdMapBinder ids = new IdMapBinder(context);
    if (kind == null) {
      return null;
    }
    only(fields, kind, Namespace.USER, List.of("uid_map", "gid_map"));
    only(fields, kind, Namespace.TIME, List.of("monotonic", "boottime"));
    return new NamedNamespace(
        name,
        kind,
        kind == Namespace.USER && fields.has("uid_map") ? ids.bind(fields) : null,
        kind == Namespace.TIME ? ids.offsets(fields) : null,
        entry.key().origin().withKeyPath(path));
  }

  private void only(Fields fields, Namespace kind, Namespace owner, List<String> keys) {
    for (String key : keys) {
      if (kind != owner && fields.has(key)) {
        String message = "`" + key + "` belongs to a " + owner + " namespace";
        context.problems().error(fields.keyAt(key), "conflict", message);
      }
    }
  }

  private @Nullable Namespace kind(Node node, String path) {
    List<String> kinds = NamespacesBinder.kinds();
    String word = values.choice(node, path, kinds);
    return word == null ? null : Namespace.ofKey(word).orElse(null);
  }
}
