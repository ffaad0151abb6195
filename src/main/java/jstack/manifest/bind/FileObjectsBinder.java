package jstack.manifest.bind;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Origin;
import jstack.manifest.FileObject;
import jstack.manifest.HostPath;
import jstack.manifest.Names;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.files.HostFiles;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/** Binds the top level's {@code secrets} and {@code configs}. */
final class FileObjectsBinder {
  private final BindContext context;
  private final Values values;
  private final FileObject.Kind kind;

  FileObjectsBinder(BindContext context, FileObject.Kind kind) {
    this.context = context;
    this.values = context.values();
    this.kind = kind;
  }

  /** All that are written, used or not. */
  Map<String, FileObject> bind(@Nullable Node node) {
    Map<String, FileObject> objects = new LinkedHashMap<>();
    if (node == null) {
      return objects;
    }
    if (!(node instanceof Node.Mapping mapping)) {
      values.error(node, kind.key(), "type", "must be a mapping, not " + node.kind(), "");
      return objects;
    }
    for (Node.Entry entry : mapping.entries()) {
      String name = entry.key().text();
      String path = kind.key() + "." + name;
      String mistake = Names.serviceMistake(name).replace("service", kind.word());
      if (!mistake.isEmpty()) {
        values.error(entry.key(), path, "name", mistake, "");
      }
      Origin origin = entry.key().origin().withKeyPath(path);
      objects.put(name, object(entry, name, path, origin));
    }
    return objects;
  }

  /** The keys of which one says where the content is. */
  private List<String> ways() {
    return kind == FileObject.Kind.SECRET
        ? List.of("file", "environment")
        : List.of("file", "content", "environment");
  }

  /** A stand-in where something is wrong; it never gets out. */
  private FileObject object(Node.Entry entry, String name, String path, Origin origin) {
    FileObject nothing =
        new FileObject(kind, name, new FileObject.Source.Inline(""), Map.of(), origin);
    String hint = "write {file: ./FILE} or {environment: NAME}";
    if (entry.value() instanceof Node.Scalar scalar && scalar.isNull()) {
      values.error(entry.key(), path, "no-value", "has no value", hint);
      return nothing;
    }
    Keys.Place place = kind == FileObject.Kind.SECRET ? Keys.Place.SECRET : Keys.Place.CONFIG;
    Fields fields = Fields.of(entry.value(), path, place, context.problems(), "a mapping");
    if (fields == null) {
      return nothing;
    }
    Map<String, String> labels = new LabelsBinder(context).bind(fields, "labels");
    List<String> given = new ArrayList<>(ways());
    given.removeIf(way -> !fields.has(way));
    if (given.isEmpty() && !fields.has("external") && ways().stream().noneMatch(fields::seems)) {
      String message = "needs one of " + String.join(", ", ways());
      values.error(entry.key(), path, "missing-key", message, hint);
    } else if (given.size() > 1) {
      String message = "`" + given.get(0) + "` and `" + given.get(1) + "` are both given";
      context.problems().error(fields.keyAt(given.get(1)), "conflict", message);
    }
    if (given.size() != 1) {
      return nothing;
    }
    String way = given.get(0);
    Node node = fields.get(way);
    FileObject.Source source = node == null ? null : source(way, node, fields.path(way));
    return source == null ? nothing : new FileObject(kind, name, source, labels, origin);
  }

  private FileObject.@Nullable Source source(String way, Node node, String path) {
    if (way.equals("content")) {
      String text = values.text(node, path);
      return text == null ? null : new FileObject.Source.Inline(text);
    }
    return way.equals("file") ? file(node, path) : variable(node, path);
  }

  private FileObject.@Nullable Source file(Node node, String path) {
    HostPath file = values.hostPath(node, path);
    if (file == null) {
      return null;
    }
    HostFiles.Kind found = context.files().kind(file);
    String absence = HostFiles.absence(found, file);
    if (!absence.isEmpty()) {
      values.error(node, path, "absent", absence, "");
    } else if (found != HostFiles.Kind.FILE && found != HostFiles.Kind.UNKNOWN) {
      values.error(node, path, "not-a-file", file + " is not a file", "");
    }
    return new FileObject.Source.OfFile(file, context.files().real(file));
  }

  private FileObject.@Nullable Source variable(Node node, String path) {
    String name = values.string(node, path);
    if (name == null) {
      return null;
    }
    String value = context.variables().get(name);
    if (value == null && context.places() != null) {
      String message = "the variable " + name + " is not set";
      values.error(node, path, "unset-variable", message, "set it, or put it into .env");
    }
    FileObject.Hidden hidden = new FileObject.Hidden(value == null ? "" : value);
    return new FileObject.Source.OfVariable(name, hidden);
  }
}
