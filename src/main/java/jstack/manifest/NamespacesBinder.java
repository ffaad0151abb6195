package jstack.manifest;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import jstack.linux.Namespace;

/** Binds {@code namespaces}: a list, or a mapping whose only word is {@code new} for now. */
final class NamespacesBinder {
  /** What every service gets; sharing one of these with the host needs an opening to come. */
  static final Set<Namespace> DEFAULT =
      Collections.unmodifiableSet(
          EnumSet.of(
              Namespace.MOUNT,
              Namespace.UTS,
              Namespace.IPC,
              Namespace.PID,
              Namespace.NETWORK,
              Namespace.CGROUP));

  private final Values values;

  NamespacesBinder(BindContext context) {
    this.values = context.values();
  }

  Namespaces bind(Fields service) {
    check(service);
    return new Namespaces(Map.of(Namespace.USER, NamespaceSource.HOST), null, null);
  }

  private void check(Fields service) {
    Node node = service.get("namespaces");
    if (node == null) {
      return;
    }
    String path = service.path("namespaces");
    List<Namespace> given = new ArrayList<>();
    boolean understood = true;
    if (node instanceof Node.Mapping mapping) {
      for (Node.Entry entry : mapping.entries()) {
        String key = path + "." + entry.key().text();
        understood &= add(given, entry.key().text(), entry.key(), key) && isNew(entry, key);
      }
    } else {
      List<Node> items = values.items(node, path);
      understood = node instanceof Node.Sequence;
      for (int i = 0; i < items.size(); i++) {
        String key = path + "[" + i + "]";
        String word = values.string(items.get(i), key);
        understood &= word != null && add(given, word, items.get(i), key);
      }
    }
    if (understood) {
      requireAll(given, node, path);
    }
  }

  private boolean isNew(Node.Entry entry, String path) {
    String word = values.text(entry.value(), path);
    if (word == null || word.equals("new")) {
      return word != null;
    }
    values.error(
        entry.value(),
        path,
        "unsupported",
        "joining \"" + word + "\" is not supported by this version of jstack",
        "write " + entry.key().text() + ": new");
    return false;
  }

  private boolean add(List<Namespace> given, String word, Node node, String path) {
    Namespace namespace = Namespace.ofKey(word).orElse(null);
    if (namespace == null) {
      List<String> known = new ArrayList<>();
      for (Namespace each : Namespace.values()) {
        known.add(each.key());
      }
      String near = Suggestion.among(word, known);
      String hint = "known here: mount, uts, ipc, pid, network, cgroup";
      values.error(node, path, "choice", "no namespace is called \"" + word + "\"" + near, hint);
      return false;
    }
    if (!DEFAULT.contains(namespace)) {
      String message = "the " + word + " namespace is not supported by this version of jstack";
      values.error(node, path, "unsupported", message, "");
      return false;
    }
    if (given.contains(namespace)) {
      values.error(node, path, "duplicate", "\"" + word + "\" is listed twice", "");
      return false;
    }
    given.add(namespace);
    return true;
  }

  private void requireAll(List<Namespace> given, Node node, String path) {
    List<String> missing = new ArrayList<>();
    for (Namespace namespace : Namespace.values()) {
      if (DEFAULT.contains(namespace) && !given.contains(namespace)) {
        missing.add(namespace.key());
      }
    }
    if (!missing.isEmpty()) {
      values.error(
          node,
          path,
          "unsupported",
          "sharing the host's "
              + String.join(", ", missing)
              + " is not supported by this version of jstack",
          "add " + String.join(", ", missing));
    }
  }
}
