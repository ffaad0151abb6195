package jstack.manifest.load;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Origin;
import jstack.diag.Problems;
import jstack.manifest.HostPath;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.files.ReadableFile;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/**
 * Resolves {@code include}: the services, networks and the like of other files become those of this
 * one. Each file is put together by itself first; a name that two of them give is an error.
 */
final class Include {
  /** Whose names are put together. */
  private static final List<String> MAPS =
      List.of("services", "jobs", "networks", "namespaces", "volumes", "secrets", "configs");

  private final ManifestFiles files;
  private final Problems problems;

  /** The files that lead to the one that is looked at. */
  private final List<Path> way = new ArrayList<>();

  Include(ManifestFiles files, Problems problems) {
    this.files = files;
    this.problems = problems;
  }

  /** Whether a file is made of more than itself. */
  static boolean isNeeded(Node.Mapping tree) {
    return tree.find("include") != null || Extends.isNeeded(tree);
  }

  /** The tree of a file with all that it includes and extends. */
  Node.Mapping resolve(ManifestFiles.Opened file) {
    way.add(ReadableFile.real(file.path()));
    Node.Mapping own = new Extends(files, problems).resolve(file);
    Node.Entry include = own.find("include");
    Map<String, Map<String, Node.Entry>> maps = new LinkedHashMap<>();
    List<Node.Entry> others = new ArrayList<>();
    if (include != null) {
      includeAll(file, include.value(), maps, others);
    }
    take(own, maps, others, true);
    way.remove(way.size() - 1);
    return include == null ? own : assembled(own, maps, others);
  }

  private static Node.Mapping assembled(
      Node.Mapping own, Map<String, Map<String, Node.Entry>> maps, List<Node.Entry> others) {
    List<Node.Entry> entries = new ArrayList<>(others);
    maps.forEach(
        (kind, named) -> {
          Node.Entry first = own.find(kind);
          Node.Entry any = named.values().iterator().next();
          Origin origin = first == null ? any.key().origin() : first.value().origin();
          Node.Scalar key =
              new Node.Scalar(kind, true, first == null ? origin : first.key().origin());
          entries.add(
              new Node.Entry(
                  key, new Node.Mapping(List.copyOf(named.values()), origin, own.weight())));
        });
    return new Node.Mapping(entries, own.origin(), own.weight());
  }

  private void includeAll(
      ManifestFiles.Opened file,
      Node include,
      Map<String, Map<String, Node.Entry>> maps,
      List<Node.Entry> others) {
    List<Node> items = new Values(problems, file.folder()).items(include, "include");
    for (int i = 0; i < items.size(); i++) {
      Node.Mapping merged = null;
      for (ManifestFiles.Opened other : open(file, items.get(i), "include[" + i + "]")) {
        Node.Mapping next = resolve(other);
        merged = merged == null ? next : Merge.files(merged, next, MAPS);
      }
      if (merged != null) {
        take(merged, maps, others, false);
      }
    }
  }

  /** One file, or several of which each lies over those before it; none after a mistake. */
  private List<ManifestFiles.Opened> open(ManifestFiles.Opened file, Node item, String path) {
    Values values = new Values(problems, file.folder());
    if (item instanceof Node.Scalar) {
      return opened(file, null, null, List.of(item), List.of(path));
    }
    Fields fields = Fields.of(item, path, Keys.Place.INCLUDE, problems, "a path or a mapping");
    Node named = fields == null ? null : fields.get("path");
    if (fields == null || named == null) {
      if (fields != null && !fields.has("path")) {
        problems.error(item.origin().withKeyPath(path), "missing-key", "needs `path`");
      }
      return List.of();
    }
    Node folder = fields.get("project_directory");
    Node variables = fields.get("env_file");
    HostPath directory =
        folder == null ? null : values.hostPath(folder, fields.path("project_directory"));
    List<Node> files = List.of(named);
    List<String> paths = List.of(fields.path("path"));
    if (named instanceof Node.Sequence list) {
      files = list.items();
      paths = new ArrayList<>();
      for (int i = 0; i < files.size(); i++) {
        paths.add(fields.path("path") + "[" + i + "]");
      }
      if (files.isEmpty()) {
        values.error(named, fields.path("path"), "empty", "names no file", "");
      }
    }
    return opened(file, directory, variables, files, paths);
  }

  private List<ManifestFiles.Opened> opened(
      ManifestFiles.Opened file,
      @Nullable HostPath directory,
      @Nullable Node variables,
      List<Node> names,
      List<String> paths) {
    Values values = new Values(problems, file.folder());
    List<ManifestFiles.Opened> all = new ArrayList<>();
    HostPath folder = directory;
    for (int i = 0; i < names.size(); i++) {
      Node name = names.get(i);
      HostPath at = values.hostPath(name, paths.get(i));
      ManifestFiles.Opened other =
          at == null ? null : open(file, at, folder, variables, name, paths.get(i));
      if (other == null) {
        return List.of();
      }
      all.add(other);
      folder = other.folder(); // the first one's is that of all
    }
    return all;
  }

  private ManifestFiles.@Nullable Opened open(
      ManifestFiles.Opened file,
      HostPath at,
      @Nullable HostPath folder,
      @Nullable Node envFile,
      Node named,
      String path) {
    Path real = ReadableFile.real(at.toPath());
    int begin = way.indexOf(real);
    if (begin >= 0) {
      List<String> circle = new ArrayList<>();
      way.subList(begin, way.size()).forEach(step -> circle.add(step.getFileName() + ""));
      circle.add(real.getFileName() + "");
      problems.error(
          named.origin().withKeyPath(path),
          "cycle",
          "files include each other in a circle: " + String.join(" -> ", circle));
      return null;
    }
    Path parent = at.toPath().getParent();
    HostPath own = folder != null ? folder : HostPath.of(parent == null ? at.toPath() : parent);
    Map<String, String> variables = file.variables();
    if (envFile == null) {
      variables = files.variables(own.resolve(".env"), variables, named, path, false);
    } else {
      String key = path.replaceFirst("\\.path(\\[[0-9]+])?$", "") + ".env_file";
      HostPath written = new Values(problems, file.folder()).hostPath(envFile, key);
      variables =
          written == null ? variables : files.variables(written, variables, envFile, key, true);
    }
    return files.open(at, own, variables, named, path);
  }

  /** Adds what a file has; what is not a mapping of names stays to be complained about. */
  private void take(
      Node.Mapping tree,
      Map<String, Map<String, Node.Entry>> maps,
      List<Node.Entry> others,
      boolean isMain) {
    for (Node.Entry entry : tree.entries()) {
      String key = entry.key().text();
      if (key.equals("include")) {
        continue;
      }
      if (MAPS.contains(key) && entry.value() instanceof Node.Mapping named) {
        Map<String, Node.Entry> all = maps.computeIfAbsent(key, k -> new LinkedHashMap<>());
        named.entries().forEach(each -> add(key, each, all));
        if (all.isEmpty()) {
          maps.remove(key);
          others.add(entry);
        }
      } else if (isMain || !isOfTheStack(entry)) {
        others.add(entry);
      }
    }
  }

  private void add(String kind, Node.Entry entry, Map<String, Node.Entry> all) {
    Node.Entry before = all.putIfAbsent(entry.key().text(), entry);
    Origin origin = entry.key().origin();
    if (before != null && !before.key().origin().place().equals(origin.place())) {
      String place = before.key().origin().place();
      problems.error(
          origin.withKeyPath(kind + "." + entry.key().text()),
          "duplicate",
          "\"" + entry.key().text() + "\" is there already, at " + place,
          "rename one of them, or let one extend the other: extends: {file: ..., service: ...}");
    }
  }

  /** A file that is included has no say in what the whole stack is. */
  private boolean isOfTheStack(Node.Entry entry) {
    String key = entry.key().text();
    Origin origin = entry.key().origin().withKeyPath(key);
    if (key.equals("name") || key.equals("version")) {
      problems.warning(origin, "ignored-key", "`" + key + "` of an included file means nothing");
      return true;
    }
    if (key.equals("cgroup")) {
      problems.error(
          origin, "misplaced-key", "limits of the whole stack belong to the file that includes");
      return true;
    }
    return key.startsWith("x-");
  }
}
