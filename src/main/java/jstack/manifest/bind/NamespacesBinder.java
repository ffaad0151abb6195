package jstack.manifest.bind;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Origin;
import jstack.diag.Suggestion;
import jstack.linux.Namespace;
import jstack.manifest.HostPath;
import jstack.manifest.IdMap;
import jstack.manifest.NamespaceSource;
import jstack.manifest.Namespaces;
import jstack.manifest.TimeOffsets;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.files.HostFiles;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/**
 * Binds {@code namespaces}, a list of those that are new or a mapping of each kind to where it
 * comes from, and Compose's words for single kinds.
 */
final class NamespacesBinder {

  private final BindContext context;
  private final Values values;
  private final IdMapBinder ids;
  private final Map<Namespace, NamespaceSource> sources = new EnumMap<>(Namespace.class);
  private final Map<Namespace, Origin> places = new EnumMap<>(Namespace.class);
  private @Nullable IdMap idMap;
  private @Nullable TimeOffsets offsets;

  NamespacesBinder(BindContext context) {
    this.context = context;
    this.values = context.values();
    this.ids = new IdMapBinder(context);
  }

  Namespaces bind(Fields service) {
    String path = service.path("namespaces");
    Node node = service.get("namespaces");
    if (node instanceof Node.Mapping mapping) {
      for (Node.Entry entry : mapping.entries()) {
        String key = path + "." + entry.key().text();
        Namespace kind = kind(entry.key().text(), entry.key(), key);
        if (kind != null) {
          NamespaceSource source = source(kind, entry.value(), key);
          offer(service, kind, source, entry.value().origin().withKeyPath(key));
        }
      }
    } else if (node != null) {
      list(service, node, path);
    }
    alias(service, Namespace.PID, "pid", List.of("host"));
    alias(service, Namespace.IPC, "ipc", List.of("host", "private", "shareable"));
    alias(service, Namespace.UTS, "uts", List.of("host"));
    alias(service, Namespace.USER, "userns_mode", List.of("host", "private"));
    alias(service, Namespace.NETWORK, "network_mode", List.of("none", "host", "bridge"));
    if (service.get("cgroup") instanceof Node.Scalar) {
      alias(service, Namespace.CGROUP, "cgroup", List.of("host", "private"));
    }
    return new Namespaces(sources, idMap, offsets);
  }

  /** What is in the list is new; what is not is the machine's. */
  private void list(Fields service, Node node, String path) {
    List<Node> items = values.items(node, path);
    List<Namespace> own = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      String key = path + "[" + i + "]";
      String word = values.string(items.get(i), key);
      Namespace kind = word == null ? null : kind(word, items.get(i), key);
      if (kind != null && own.contains(kind)) {
        values.error(items.get(i), key, "duplicate", "\"" + word + "\" is listed twice", "");
      } else if (kind != null) {
        own.add(kind);
        offer(service, kind, NamespaceSource.OWN, items.get(i).origin().withKeyPath(key));
      }
    }
    if (node instanceof Node.Sequence) {
      for (Namespace kind : Namespace.values()) {
        if (!own.contains(kind)) {
          sources.put(kind, NamespaceSource.HOST);
          places.put(kind, node.origin().withKeyPath(path));
        }
      }
    }
  }

  private @Nullable Namespace kind(String word, Node node, String path) {
    Namespace kind = Namespace.ofKey(word).orElse(null);
    if (kind == null) {
      List<String> known = kinds();
      String near = Suggestion.among(word, known);
      for (Namespace each : Namespace.values()) {
        near = each.procName().equals(word) ? Suggestion.of(each.key()) : near;
      }
      String hint = "known: " + String.join(", ", known);
      values.error(node, path, "choice", "no namespace is called \"" + word + "\"" + near, hint);
    }
    return kind;
  }

  static List<String> kinds() {
    List<String> known = new ArrayList<>();
    for (Namespace each : Namespace.values()) {
      known.add(each.key());
    }
    return known;
  }

  private @Nullable NamespaceSource source(Namespace kind, Node node, String path) {
    if (node instanceof Node.Mapping) {
      return detailed(kind, node, path);
    }
    String word = values.text(node, path);
    return word == null ? null : source(word, node, path);
  }

  private @Nullable NamespaceSource source(String word, Node node, String path) {
    if (word.equals("new")) {
      return NamespaceSource.OWN;
    }
    if (word.equals("host")) {
      return NamespaceSource.HOST;
    }
    if (word.startsWith(NamespaceSource.OfService.PREFIX)) {
      return new NamespaceSource.OfService(
          word.substring(NamespaceSource.OfService.PREFIX.length()));
    }
    if (word.startsWith("container:")) {
      String hint = "write service:NAME of this manifest, or {path: /proc/PID/ns/...}";
      values.error(node, path, "choice", "containers of others are not joined by name", hint);
      return null;
    }
    if (word.startsWith("/")) {
      String hint = "write {path: " + word + "}";
      values.error(node, path, "choice", "\"" + word + "\" is no name of a namespace", hint);
      return null;
    }
    return new NamespaceSource.Named(word);
  }

  /** {@code {path: ...}}, and what belongs to single kinds. */
  private @Nullable NamespaceSource detailed(Namespace kind, Node node, String path) {
    Keys.Place place =
        kind == Namespace.USER
            ? Keys.Place.NAMESPACE_USER
            : kind == Namespace.TIME ? Keys.Place.NAMESPACE_TIME : Keys.Place.NAMESPACE_PATH;
    Fields fields = Fields.of(node, path, place, context.problems(), "a word or a mapping");
    if (fields == null) {
      return null;
    }
    Node file = fields.get("path");
    if (fields.has("path")) {
      for (Node.Entry entry : fields.mapping().entries()) {
        String key = entry.key().text();
        if (!key.equals("path") && place.known().contains(key)) {
          String message = "`" + key + "` is for a namespace that is made, not for one at a path";
          context.problems().error(fields.keyAt(key), "conflict", message);
        }
      }
      return file == null ? null : atPath(kind, file, fields.path("path"));
    }
    if (kind == Namespace.USER && fields.has("uid_map")) {
      idMap = ids.bind(fields);
      return NamespaceSource.OWN;
    }
    if (kind == Namespace.TIME) {
      offsets = ids.offsets(fields);
      return NamespaceSource.OWN;
    }
    if (!fields.seems("path")) {
      String hint =
          kind == Namespace.USER
              ? "write {uid_map: [\"0:600000:65536\"]} or {path: /proc/PID/ns/user}"
              : "write {path: /proc/PID/ns/" + kind.procName() + "}";
      values.error(node, path, "missing-key", "needs `path`", hint);
    }
    return null;
  }

  private @Nullable NamespaceSource atPath(Namespace kind, Node node, String path) {
    String text = values.string(node, path);
    if (text != null && !text.startsWith("/")) {
      values.error(node, path, "host-path", "must begin with /", "such as /proc/1234/ns/net");
      return null;
    }
    HostPath file = text == null ? null : values.hostPath(text, node, path);
    if (file == null) {
      return null;
    }
    HostFiles.Kind found = context.files().kind(file);
    String absence = HostFiles.absence(found, file);
    String there = absence.isEmpty() ? context.files().namespaceAt(file) : "?";
    if (!absence.isEmpty()) {
      String hint = "a process that is gone has no namespaces; see /run/netns and /proc/PID/ns";
      values.error(node, path, "absent", absence, hint);
    } else if (found == HostFiles.Kind.DIRECTORY) {
      values.error(node, path, "no-namespace", file + " is a directory, not a namespace", "");
    } else if (there.isEmpty()) {
      String hint = "such as /proc/1234/ns/" + kind.procName();
      values.error(node, path, "no-namespace", file + " is not a namespace", hint);
    } else if (!there.equals("?") && !there.equals(kind.procName())) {
      String message = file + " is a namespace of the kind " + there + ", not " + kind.procName();
      values.error(node, path, "namespace-kind", message, "");
    }
    return new NamespaceSource.AtPath(file);
  }

  /** Compose's word for one kind. */
  private void alias(Fields service, Namespace kind, String key, List<String> words) {
    Node node = service.get(key);
    String path = service.path(key);
    String text = node == null ? null : values.text(node, path);
    if (node == null || text == null || (text.isEmpty() && key.equals("userns_mode"))) {
      return;
    }
    NamespaceSource source;
    if (words.contains(text)) {
      source = text.equals("host") ? NamespaceSource.HOST : NamespaceSource.OWN;
    } else if (text.startsWith(NamespaceSource.OfService.PREFIX)) {
      source =
          new NamespaceSource.OfService(text.substring(NamespaceSource.OfService.PREFIX.length()));
    } else if (text.startsWith("container:")) {
      source = source(text, node, path);
    } else {
      List<String> all = new ArrayList<>(words);
      all.add("service:NAME");
      String near = Suggestion.among(text, all);
      values.error(
          node,
          path,
          "choice",
          "\"" + text + "\" is not one of " + String.join(", ", all) + near,
          "");
      return;
    }
    offer(service, kind, source, node.origin().withKeyPath(path));
  }

  private void offer(Fields service, Namespace kind, @Nullable NamespaceSource source, Origin at) {
    if (source == null) {
      return;
    }
    NamespaceSource before = sources.putIfAbsent(kind, source);
    Origin place = places.putIfAbsent(kind, at);
    context.origins().putIfAbsent(service.path("namespaces." + kind.key()), at);
    if (before != null && place != null && !before.equals(source)) {
      context
          .problems()
          .error(
              at,
              "conflict",
              "says another "
                  + kind
                  + " namespace than "
                  + last(place.keyPath())
                  + " at line "
                  + place.line());
    }
  }

  private static String last(String keyPath) {
    boolean inService = keyPath.startsWith("services.") || keyPath.startsWith("jobs.");
    int service = inService ? keyPath.indexOf('.', keyPath.indexOf('.') + 1) : -1;
    return service < 0 ? keyPath : keyPath.substring(service + 1);
  }
}
