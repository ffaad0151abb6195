package jstack.manifest.load;

import java.util.ArrayList;
import java.util.List;
import jstack.manifest.Condition;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/**
 * Puts the keys of one service over those of another, by the rules that Compose has for extends:
 * mappings are merged, lists are appended, other values replaced. Every value keeps its place.
 */
final class Merge {
  /** Lists that only make sense as a whole. */
  private static final List<String> WHOLE =
      List.of("command", "entrypoint", "namespaces", "test", "binaries");

  /** Lists that are mappings in another spelling, and what stands between name and value. */
  private static final List<String> NAMED =
      List.of("environment", "labels", "annotations", "sysctls", "extra_hosts");

  private static final List<String> SOURCES = List.of("url", "path", "host");

  private Merge() {}

  static Node.Mapping services(Node.Mapping base, Node.Mapping own) {
    return mapping(renamed(base, own), own);
  }

  /**
   * One file over another.
   *
   * @param maps the keys whose values are merged name by name; others are replaced
   */
  static Node.Mapping files(Node.Mapping base, Node.Mapping own, List<String> maps) {
    List<Node.Entry> entries = new ArrayList<>(base.entries());
    for (Node.Entry entry : own.entries()) {
      String key = entry.key().text();
      Node.Entry before = base.find(key);
      if (before != null) {
        entries.remove(before);
      }
      if (before != null
          && maps.contains(key)
          && before.value() instanceof Node.Mapping below
          && entry.value() instanceof Node.Mapping above) {
        entries.add(new Node.Entry(entry.key(), named(below, above)));
      } else {
        entries.add(entry);
      }
    }
    return new Node.Mapping(entries, own.origin(), base.weight() + own.weight());
  }

  private static Node.Mapping named(Node.Mapping base, Node.Mapping own) {
    List<Node.Entry> entries = new ArrayList<>();
    for (Node.Entry before : base.entries()) {
      Node.Entry over = own.find(before.key().text());
      if (over == null || (over.value() instanceof Node.Scalar nothing && nothing.isNull())) {
        entries.add(before);
      } else if (before.value() instanceof Node.Mapping below
          && over.value() instanceof Node.Mapping above) {
        entries.add(new Node.Entry(over.key(), services(below, above)));
      } else {
        entries.add(over);
      }
    }
    for (Node.Entry entry : own.entries()) {
      if (base.find(entry.key().text()) == null) {
        entries.add(entry);
      }
    }
    return new Node.Mapping(entries, own.origin(), base.weight() + own.weight());
  }

  /** Both words for mounts are one key. */
  private static Node.Mapping renamed(Node.Mapping base, Node.Mapping own) {
    Node.Mapping result = base;
    for (String[] pair : new String[][] {{"mounts", "volumes"}, {"volumes", "mounts"}}) {
      if (own.find(pair[0]) != null && result.find(pair[1]) != null && own.find(pair[1]) == null) {
        List<Node.Entry> entries = new ArrayList<>();
        for (Node.Entry entry : result.entries()) {
          boolean other = entry.key().text().equals(pair[1]);
          Node.Scalar key = entry.key();
          entries.add(
              other
                  ? new Node.Entry(
                      new Node.Scalar(pair[0], key.plain(), key.origin()), entry.value())
                  : entry);
        }
        result = new Node.Mapping(entries, base.origin(), base.weight());
      }
    }
    return result;
  }

  private static Node.Mapping mapping(Node.Mapping base, Node.Mapping own) {
    List<Node.Entry> entries = new ArrayList<>();
    for (Node.Entry before : base.entries()) {
      Node.Entry over = own.find(before.key().text());
      entries.add(
          over == null
              ? before
              : new Node.Entry(over.key(), value(over.key().text(), before.value(), over.value())));
    }
    for (Node.Entry entry : own.entries()) {
      if (base.find(entry.key().text()) == null) {
        entries.add(entry);
      }
    }
    return new Node.Mapping(entries, own.origin(), base.weight() + own.weight());
  }

  private static Node value(String key, Node base, Node own) {
    if (WHOLE.contains(key)) {
      return own;
    }
    if (base instanceof Node.Sequence before && own instanceof Node.Sequence more) {
      boolean keyed = NAMED.contains(key) || isOfNames(key);
      return keyed
          ? mapping(asMapping(key, before), asMapping(key, more))
          : list(key, before, more);
    }
    Node.Mapping below = mappingOf(key, base);
    Node.Mapping above = mappingOf(key, own);
    if (below == null || above == null) {
      return own;
    }
    boolean anotherSource =
        key.equals("rootfs") && SOURCES.stream().anyMatch(source -> above.find(source) != null);
    return anotherSource ? own : mapping(below, above);
  }

  private static boolean isOfNames(String key) {
    return key.equals("depends_on") || key.equals("networks");
  }

  private static Node.@Nullable Mapping mappingOf(String key, Node node) {
    if (node instanceof Node.Mapping mapping) {
      return mapping;
    }
    boolean listed = node instanceof Node.Sequence && (NAMED.contains(key) || isOfNames(key));
    return listed ? asMapping(key, (Node.Sequence) node) : null;
  }

  /** {@code [A=1]} as {@code {A: "1"}}, and {@code [db]} as {@code {db: ...}}. */
  private static Node.Mapping asMapping(String key, Node.Sequence list) {
    List<Node.Entry> entries = new ArrayList<>();
    for (Node item : list.items()) {
      String text = item instanceof Node.Scalar scalar ? scalar.text() : "";
      int equals = text.indexOf('=');
      int cut = equals < 0 && key.equals("extra_hosts") ? text.indexOf(':') : equals;
      boolean name = isOfNames(key) || cut < 0;
      Node.Scalar left =
          new Node.Scalar(name ? text : text.substring(0, cut), false, item.origin());
      entries.add(
          new Node.Entry(left, name ? bare(key, item) : right(text.substring(cut + 1), item)));
    }
    return new Node.Mapping(entries, list.origin(), list.weight());
  }

  private static Node right(String text, Node item) {
    return new Node.Scalar(text, false, item.origin());
  }

  private static Node bare(String key, Node item) {
    Node.Scalar nothing = new Node.Scalar("", true, item.origin());
    if (!key.equals("depends_on")) {
      return nothing;
    }
    Node.Scalar condition = new Node.Scalar("condition", false, item.origin());
    Node.Scalar started = new Node.Scalar(Condition.STARTED.toString(), false, item.origin());
    return new Node.Mapping(List.of(new Node.Entry(condition, started)), item.origin(), 3);
  }

  /** Appended, but what is mounted at the same place, or said in the same words, only once. */
  private static Node list(String key, Node.Sequence base, Node.Sequence own) {
    List<Node> items = new ArrayList<>();
    List<String> said = new ArrayList<>();
    own.items().forEach(item -> said.add(identity(key, item)));
    for (Node item : base.items()) {
      if (!said.contains(identity(key, item))) {
        items.add(item);
      }
    }
    items.addAll(own.items());
    return new Node.Sequence(items, own.origin(), base.weight() + own.weight());
  }

  private static String identity(String key, Node item) {
    boolean mounts = List.of("mounts", "volumes", "devices", "secrets", "configs").contains(key);
    if (item instanceof Node.Scalar scalar) {
      String text = scalar.text();
      String[] parts = text.split(":", -1);
      return mounts && parts.length > 1 ? parts[1] : key.equals("tmpfs") ? parts[0] : text;
    }
    Node.Entry target = item instanceof Node.Mapping keys ? keys.find("target") : null;
    return mounts && target != null && target.value() instanceof Node.Scalar scalar
        ? scalar.text()
        : System.identityHashCode(item) + " is like no other";
  }
}
