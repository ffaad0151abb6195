package jstack.manifest.load;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.diag.Origin;
import jstack.diag.Problems;
import jstack.diag.Suggestion;
import jstack.manifest.HostPath;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.files.ReadableFile;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/**
 * Resolves {@code extends} and {@code defaults}: what a service has from another one, of this file
 * or another, and from all.
 */
final class Extends {
  /** Each is read within the one before it. */
  private static final int LONGEST = 50;

  private static final List<String> KINDS = List.of("services", "jobs");

  private final ManifestFiles files;
  private final Problems problems;
  private final Map<String, Node.Mapping> done = new HashMap<>();

  private final Set<String> broken = new HashSet<>();

  /** The services that lead to the one that is looked at, each with its file. */
  private final List<String> way = new ArrayList<>();

  Extends(ManifestFiles files, Problems problems) {
    this.files = files;
    this.problems = problems;
  }

  /** Whether there is anything to do for a file. */
  static boolean isNeeded(Node.Mapping tree) {
    if (tree.find("defaults") != null) {
      return true;
    }
    for (String kind : KINDS) {
      Node.Entry entry = tree.find(kind);
      if (entry != null && entry.value() instanceof Node.Mapping services) {
        for (Node.Entry service : services.entries()) {
          if (service.value() instanceof Node.Mapping keys && keys.find("extends") != null) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /** The tree of a file, each service with all that it has from others. */
  Node.Mapping resolve(ManifestFiles.Opened file) {
    List<Node.Entry> entries = new ArrayList<>();
    for (Node.Entry entry : file.tree().entries()) {
      String key = entry.key().text();
      if (key.equals("defaults")) {
        continue;
      }
      entries.add(
          KINDS.contains(key) && entry.value() instanceof Node.Mapping services
              ? new Node.Entry(entry.key(), all(file, key, services))
              : entry);
    }
    return new Node.Mapping(entries, file.tree().origin(), file.tree().weight());
  }

  private Node.Mapping all(ManifestFiles.Opened file, String kind, Node.Mapping services) {
    List<Node.Entry> entries = new ArrayList<>();
    for (Node.Entry entry : services.entries()) {
      String name = entry.key().text();
      String path = kind + "." + name;
      if (!(entry.value() instanceof Node.Mapping keys)) {
        entries.add(entry);
        continue;
      }
      Node service = service(file, path, keys);
      if (service == null) {
        service = new Node.Unknown(keys.origin());
        problems.alreadySaid(path);
      }
      entries.add(new Node.Entry(entry.key(), service));
    }
    return new Node.Mapping(entries, services.origin(), services.weight());
  }

  /** Null when what it extends cannot be had. */
  private Node.@Nullable Mapping service(
      ManifestFiles.Opened file, String path, Node.Mapping keys) {
    String identity = identity(file, path);
    Node.Mapping known = done.get(identity);
    if (known != null || broken.contains(identity)) {
      return known;
    }
    way.add(identity);
    Node.Entry entry = keys.find("extends");
    Node.Mapping result = without(keys, "extends");
    Node.Mapping base = entry == null ? null : base(file, path + ".extends", entry.value());
    if (entry != null && base == null) {
      way.remove(way.size() - 1);
      broken.add(identity);
      return null;
    }
    result = base == null ? result : Merge.services(base, result);
    Node.Entry defaults = file.tree().find("defaults");
    if (defaults != null && defaults.value() instanceof Node.Mapping all) {
      result = Merge.services(without(all, "extends"), result);
    } else if (defaults != null) {
      String message = "must be a mapping, not " + defaults.value().kind();
      problems.error(defaults.value().origin().withKeyPath("defaults"), "type", message);
    }
    way.remove(way.size() - 1);
    done.put(identity, result);
    return result;
  }

  private static String identity(ManifestFiles.Opened file, String path) {
    return ReadableFile.real(file.path()) + " " + path;
  }

  private Node.@Nullable Mapping base(ManifestFiles.Opened file, String path, Node value) {
    Node.Scalar name = null;
    Node.Scalar other = null;
    if (value instanceof Node.Scalar scalar && !scalar.isNull()) {
      name = scalar;
    } else {
      Fields fields =
          Fields.of(value, path, Keys.Place.EXTENDS, problems, "a service's name or a mapping");
      if (fields == null) {
        return null;
      }
      other = scalar(fields, "file");
      name = scalar(fields, "service");
      if (name == null && !fields.has("service")) {
        problems.error(value.origin().withKeyPath(path), "missing-key", "needs `service`");
      }
    }
    if (name == null) {
      return null;
    }
    ManifestFiles.Opened from = file;
    if (other != null) {
      HostPath at = new Values(problems, file.folder()).hostPath(other, path + ".file");
      from = at == null ? null : files.open(at, null, file.variables(), other, path + ".file");
    }
    return from == null ? null : base(from, path, name);
  }

  private Node.@Nullable Mapping base(ManifestFiles.Opened from, String path, Node.Scalar name) {
    Origin origin = name.origin().withKeyPath(path);
    List<String> names = new ArrayList<>();
    for (String kind : KINDS) {
      Node.Entry entry = from.tree().find(kind);
      if (entry != null && entry.value() instanceof Node.Mapping services) {
        services.entries().forEach(service -> names.add(service.key().text()));
        Node.Entry found = services.find(name.text());
        if (found != null && found.value() instanceof Node.Mapping keys) {
          String at = kind + "." + name.text();
          int begin = way.indexOf(identity(from, at));
          if (begin < 0 && way.size() >= LONGEST) {
            problems.error(
                origin,
                "too-deep",
                "more than " + LONGEST + " services extend one another in a row",
                "let them extend one service directly");
            return null;
          }
          if (begin < 0) {
            return service(from, at, keys);
          }
          problems.error(
              origin, "cycle", "services extend each other in a circle: " + circle(begin, at));
          return null;
        }
        if (found != null) {
          return null; // what is wrong with it will be said
        }
      }
    }
    problems.error(
        origin,
        "unknown-service",
        "no service \"" + name.text() + "\"" + Suggestion.among(name.text(), names),
        names.isEmpty() ? "" : "services: " + String.join(", ", names));
    return null;
  }

  private String circle(int begin, String last) {
    List<String> names = new ArrayList<>();
    for (String step : way.subList(begin, way.size())) {
      names.add(step.substring(step.lastIndexOf('.') + 1));
    }
    names.add(last.substring(last.lastIndexOf('.') + 1));
    return String.join(" -> ", names);
  }

  private Node.@Nullable Scalar scalar(Fields fields, String key) {
    Node node = fields.get(key);
    if (node instanceof Node.Scalar scalar) {
      return scalar;
    }
    if (node != null) {
      problems.error(fields.at(key), "type", "must be a string, not " + node.kind());
    }
    return null;
  }

  static Node.Mapping without(Node.Mapping mapping, String key) {
    if (mapping.find(key) == null) {
      return mapping;
    }
    List<Node.Entry> entries = new ArrayList<>(mapping.entries());
    entries.removeIf(entry -> entry.key().text().equals(key));
    return new Node.Mapping(entries, mapping.origin(), mapping.weight());
  }
}
