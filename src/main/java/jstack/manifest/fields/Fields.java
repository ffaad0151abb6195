package jstack.manifest.fields;

import java.util.List;
import jstack.diag.Origin;
import jstack.diag.Problems;
import jstack.diag.Suggestion;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/**
 * One mapping while it is bound: hands out the values of the keys that are valid at its place and
 * complains about every other key, so that nothing is ever ignored.
 */
public final class Fields {
  private final Node.Mapping mapping;
  private final String path;

  private Fields(Node.Mapping mapping, String path) {
    this.mapping = mapping;
    this.path = path;
  }

  /** Null, with an error said, when the value is no mapping. */
  public static @Nullable Fields of(
      Node value, String path, Keys.Place place, Problems problems, String shape) {
    if (!(value instanceof Node.Mapping mapping)) {
      if (!(value instanceof Node.Unknown)) {
        problems.error(
            value.origin().withKeyPath(path), "type", "must be " + shape + ", not " + value.kind());
      }
      return null;
    }
    Fields fields = new Fields(mapping, path);
    List<String> known = place.known();
    for (Node.Entry entry : mapping.entries()) {
      String key = entry.key().text();
      if (!known.contains(key)) {
        fields.refuse(entry.key(), place, problems);
      } else if (entry.value() instanceof Node.Scalar scalar && scalar.isNull()) {
        problems.error(
            entry.key().origin().withKeyPath(fields.path(key)),
            "no-value",
            "has no value",
            "give it one, or remove the key");
      }
    }
    return fields;
  }

  /** {@code a: b} where a:b was meant: both sides as one text; empty for any other mapping. */
  public static String blankBehindColon(Node.Mapping mapping) {
    if (mapping.entries().size() != 1
        || !(mapping.entries().get(0).value() instanceof Node.Scalar value)) {
      return "";
    }
    String key = mapping.entries().get(0).key().text();
    boolean path = key.indexOf('/') >= 0 || key.startsWith(".") || key.startsWith("~");
    return path ? key + ":" + value.text() : "";
  }

  private void refuse(Node.Scalar key, Keys.Place place, Problems problems) {
    if (place.isExtensible() && key.text().startsWith("x-")) {
      return;
    }
    problems.add(
        RefusedKeys.explain(place, key.text(), key.origin().withKeyPath(path(key.text()))));
  }

  /** Whether the key was written, with a value or without. */
  public boolean has(String key) {
    return mapping.find(key) != null;
  }

  /** The value; null when the key is absent or has none. */
  public @Nullable Node get(String key) {
    Node.Entry entry = mapping.find(key);
    if (entry == null || (entry.value() instanceof Node.Scalar scalar && scalar.isNull())) {
      return null;
    }
    return entry.value();
  }

  /** Whether the key was written, or misspelt: then its absence is not worth a second error. */
  public boolean seems(String key) {
    if (has(key)) {
      return true;
    }
    for (Node.Entry entry : mapping.entries()) {
      String other = entry.key().text();
      if (!Suggestion.among(other, List.of(key)).isEmpty()) {
        return true;
      }
    }
    return false;
  }

  public String path() {
    return path;
  }

  public String path(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  /** Where the value was written, or the whole mapping when there is none. */
  public Origin at(String key) {
    Node.Entry entry = mapping.find(key);
    return (entry == null ? mapping.origin() : entry.value().origin()).withKeyPath(path(key));
  }

  /** Where the key was written, or the whole mapping when there is none. */
  public Origin keyAt(String key) {
    Node.Entry entry = mapping.find(key);
    return (entry == null ? mapping.origin() : entry.key().origin()).withKeyPath(path(key));
  }

  public Node.Mapping mapping() {
    return mapping;
  }
}
