package jstack.manifest.bind;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import jstack.diag.Origin;
import jstack.diag.Suggestion;
import jstack.manifest.ByteSize;
import jstack.manifest.ContainerPath;
import jstack.manifest.HostPath;
import jstack.manifest.Mount;
import jstack.manifest.Names;
import jstack.manifest.Propagation;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.files.HostFiles;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/** Binds {@code mounts} (alias {@code volumes}) and {@code tmpfs}. */
final class MountBinder {
  private static final int MOST = 1000;
  private static final int TMPFS_MODE = 01777;
  private static final List<String> TYPES = List.of("bind", "volume", "tmpfs");
  private static final List<String> PROPAGATIONS =
      List.of("private", "rprivate", "slave", "rslave", "shared", "rshared");
  private static final List<String> BIND_ONLY =
      List.of("recursive", "propagation", "create_host_path", "watch");
  private static final List<String> TMPFS_ONLY = List.of("size", "mode");

  private final BindContext context;
  private final Values values;

  MountBinder(BindContext context) {
    this.context = context;
    this.values = context.values();
  }

  /** All mounts of a service in the order in which they have to be made. */
  List<Mount> bind(Fields service) {
    List<Mount> mounts = new ArrayList<>();
    String key = service.has("mounts") ? "mounts" : "volumes";
    if (service.has("mounts") && service.has("volumes")) {
      context
          .problems()
          .error(
              service.keyAt("volumes"),
              "conflict",
              "`volumes` is another word for `mounts`, and both are given");
    }
    Node list = service.get(key);
    if (list != null) {
      List<Node> items = few(list, service.path(key));
      for (int i = 0; i < items.size(); i++) {
        add(mounts, mount(items.get(i), service.path(key) + "[" + i + "]"));
      }
    }
    Node tmpfs = service.get("tmpfs");
    if (tmpfs instanceof Node.Scalar) {
      add(mounts, shortTmpfs(tmpfs, service.path("tmpfs")));
    } else if (tmpfs != null) {
      List<Node> items = few(tmpfs, service.path("tmpfs"));
      for (int i = 0; i < items.size(); i++) {
        add(mounts, shortTmpfs(items.get(i), service.path("tmpfs") + "[" + i + "]"));
      }
    }
    if (service.has("secrets") || service.has("configs")) {
      new FileReferencesBinder(context).bind(service).forEach(file -> add(mounts, file));
    }
    return mounts;
  }

  private List<Node> few(Node list, String path) {
    List<Node> items = values.items(list, path);
    if (items.size() > MOST) {
      values.error(list, path, "range", "more than " + MOST + " mounts", "");
      return List.of();
    }
    return items;
  }

  /** In the file's order, except that a mount comes before those that lie below its target. */
  private static void add(List<Mount> mounts, @Nullable Mount mount) {
    if (mount == null) {
      return;
    }
    int at = 0;
    while (at < mounts.size() && !isBelow(mounts.get(at).target(), mount.target())) {
      at++;
    }
    mounts.add(at, mount);
  }

  private static boolean isBelow(ContainerPath path, ContainerPath other) {
    return path.isWithin(other) && !path.value().equals(other.value());
  }

  private @Nullable Mount mount(Node node, String path) {
    String slip = node instanceof Node.Mapping mapping ? Fields.blankBehindColon(mapping) : "";
    if (!slip.isEmpty()) {
      String hint = "write " + slip + ", without a blank behind the colon";
      values.error(node, path, "mount", "a mapping, not source:target", hint);
      return null;
    }
    return node instanceof Node.Scalar ? shortBind(node, path) : longForm(node, path);
  }

  /** {@code source:target[:options]}. */
  private @Nullable Mount shortBind(Node node, String path) {
    String text = values.string(node, path);
    if (text == null) {
      return null;
    }
    List<String> parts = split(text, ':');
    if (parts.size() < 2 || parts.size() > 3 || parts.contains("")) {
      values.error(
          node,
          path,
          "mount",
          "\"" + text + "\" is not source:target[:ro]",
          parts.size() == 1 ? "write " + text + ":/path/in/the/container" : "");
      return null;
    }
    String from = parts.get(0);
    if (from.length() == 1 && parts.get(1).startsWith("\\")) {
      values.error(node, path, "mount", "\"" + text + "\" is a path of Windows", "");
      return null;
    }
    if (from.indexOf('/') < 0 && !from.startsWith(".") && !from.startsWith("~")) {
      return shortVolume(node, path, parts);
    }
    boolean readOnly = false;
    boolean recursive = true;
    Propagation propagation = Propagation.RPRIVATE;
    for (String option : parts.size() == 3 ? split(parts.get(2), ',') : List.<String>of()) {
      switch (option) {
        case "ro" -> readOnly = true;
        case "rw" -> readOnly = false;
        case "rbind" -> recursive = true;
        case "bind" -> recursive = false;
        default -> {
          Propagation named = propagation(option);
          propagation = named == null ? propagation : named;
          if (named == null) {
            unknownOption(node, path, option, List.of("ro", "rw", "rbind", "bind"));
          }
        }
      }
    }
    return finish(node, path, from, parts.get(1), readOnly, recursive, propagation, false);
  }

  /** {@code volume:target[:ro]}. */
  private @Nullable Mount shortVolume(Node node, String path, List<String> parts) {
    boolean readOnly = false;
    for (String option : parts.size() == 3 ? split(parts.get(2), ',') : List.<String>of()) {
      if (option.equals("ro") || option.equals("rw")) {
        readOnly = option.equals("ro");
      } else {
        unknownOption(node, path, option, List.of("ro", "rw"));
      }
    }
    ContainerPath target = target(parts.get(1), node, path);
    return volume(node, path, parts.get(0), target, readOnly, node.origin().withKeyPath(path));
  }

  private @Nullable Mount volume(
      Node node,
      String path,
      String name,
      @Nullable ContainerPath target,
      boolean readOnly,
      Origin origin) {
    String mistake = Names.volumeMistake(name);
    if (!mistake.isEmpty()) {
      values.error(node, path, "name", mistake, "a folder beside the manifest begins with ./");
      return null;
    }
    return target == null ? null : new Mount.Volume(name, target, readOnly, origin);
  }

  private static @Nullable Propagation propagation(String word) {
    return PROPAGATIONS.contains(word) ? Propagation.valueOf(word.toUpperCase(Locale.ROOT)) : null;
  }

  private void unknownOption(Node node, String path, String option, List<String> known) {
    List<String> all = new ArrayList<>(known);
    if (known.contains("bind")) {
      all.addAll(PROPAGATIONS);
    }
    String near = Suggestion.among(option, all);
    String known2 = "known here: " + String.join(", ", all);
    values.error(node, path, "mount-option", "unknown option \"" + option + "\"" + near, known2);
  }

  private @Nullable Mount finish(
      Node node,
      String path,
      String from,
      String to,
      boolean readOnly,
      boolean recursive,
      Propagation propagation,
      boolean create) {
    HostPath source = values.hostPath(from, node, path);
    ContainerPath target = target(to, node, path);
    if (source != null) {
      exists(source, node, path, create);
      inside(from, source, node, path);
    }
    if (source == null || target == null) {
      return null;
    }
    Origin origin = node.origin().withKeyPath(path);
    return new Mount.Bind(
        source,
        context.files().real(source),
        target,
        readOnly,
        recursive,
        propagation,
        create,
        false,
        origin);
  }

  private void exists(HostPath source, Node node, String path, boolean create) {
    HostFiles.Kind kind = context.files().kind(source);
    String absence = HostFiles.absence(kind, source);
    if (kind == HostFiles.Kind.LOOP) {
      values.error(node, path, "absent", absence, "");
    } else if (!create && !absence.isEmpty()) {
      String hint = "create it, or set create_host_path: true in the long form";
      values.error(node, path, "absent", absence, hint);
    }
  }

  /** Dots that lead out of the project are easily miscounted. */
  private void inside(String written, HostPath source, Node node, String path) {
    String folder = context.folder(node).value();
    boolean below = source.value().equals(folder) || source.value().startsWith(folder + "/");
    if (!written.startsWith("/") && !below && !folder.equals("/")) {
      Origin at = node.origin().withKeyPath(path);
      String message = "this is " + source + ", outside the manifest's folder";
      context.problems().warning(at, "outside", message);
    }
  }

  private @Nullable ContainerPath target(String text, Node node, String path) {
    ContainerPath target = values.containerPath(text, node, path);
    if (target != null) {
      String reserved = ReservedTargets.reason(target);
      if (!reserved.isEmpty()) {
        values.error(node, path, "reserved-target", reserved, "");
        return null;
      }
    }
    return target;
  }

  private @Nullable Mount longForm(Node node, String path) {
    Fields fields =
        Fields.of(node, path, Keys.Place.MOUNT, context.problems(), "source:target or a mapping");
    if (fields == null) {
      return null;
    }
    Node typeNode = fields.get("type");
    String type = typeNode == null ? null : values.choice(typeNode, fields.path("type"), TYPES);
    if (!fields.seems("type")) {
      missing(fields, "type", "bind, volume or tmpfs");
    }
    Node targetNode = fields.get("target");
    if (!fields.seems("target")) {
      missing(fields, "target", "a path in the container");
    }
    if (type == null) {
      return null;
    }
    String to = targetNode == null ? null : values.string(targetNode, fields.path("target"));
    ContainerPath target =
        to == null || targetNode == null ? null : target(to, targetNode, fields.path("target"));
    boolean readOnly = flag(fields, "read_only", false);
    if (type.equals("tmpfs")) {
      refuse(fields, type, List.of("source"));
      refuse(fields, type, BIND_ONLY);
      Node size = fields.get("size");
      Node mode = fields.get("mode");
      ByteSize bytes = size == null ? null : size(size, fields.path("size"));
      Integer bits = mode == null ? null : values.octal(mode, fields.path("mode"), 07777);
      return target == null
          ? null
          : new Mount.Tmpfs(
              target,
              readOnly,
              bytes,
              bits == null ? TMPFS_MODE : bits,
              node.origin().withKeyPath(path));
    }
    refuse(fields, type, TMPFS_ONLY);
    if (type.equals("volume")) {
      refuse(fields, type, BIND_ONLY);
      return longVolume(fields, target, readOnly);
    }
    return bind(fields, target, readOnly);
  }

  private @Nullable Mount longVolume(
      Fields fields, @Nullable ContainerPath target, boolean readOnly) {
    Node source = fields.get("source");
    if (!fields.seems("source")) {
      missing(fields, "source", "a volume of the top level");
    }
    String name = source == null ? null : values.string(source, fields.path("source"));
    if (source == null || name == null) {
      return null;
    }
    Origin origin = source.origin().withKeyPath(fields.path());
    return volume(source, fields.path("source"), name, target, readOnly, origin);
  }

  private @Nullable Mount bind(Fields fields, @Nullable ContainerPath target, boolean readOnly) {
    Node sourceNode = fields.get("source");
    if (!fields.seems("source")) {
      missing(fields, "source", "a path of this machine");
    }
    HostPath source =
        sourceNode == null ? null : values.hostPath(sourceNode, fields.path("source"));
    boolean create = flag(fields, "create_host_path", false);
    boolean recursive = flag(fields, "recursive", true);
    Node node = fields.get("propagation");
    String word =
        node == null ? null : values.choice(node, fields.path("propagation"), PROPAGATIONS);
    Propagation named = word == null ? null : propagation(word);
    if (source == null || sourceNode == null) {
      return null;
    }
    exists(source, sourceNode, fields.path("source"), create);
    Node watch = fields.get("watch");
    boolean watched =
        watch != null && values.choice(watch, fields.path("watch"), List.of("content")) != null;
    if (watch != null && context.files().kind(source) == HostFiles.Kind.OTHER) {
      String message = source + " has no content to watch: it is neither a file nor a folder";
      values.error(watch, fields.path("watch"), "not-a-file", message, "remove watch");
    }
    if (sourceNode instanceof Node.Scalar written) {
      inside(written.text(), source, sourceNode, fields.path("source"));
    }
    if (target == null) {
      return null;
    }
    return new Mount.Bind(
        source,
        context.files().real(source),
        target,
        readOnly,
        recursive,
        named == null ? Propagation.RPRIVATE : named,
        create,
        watched,
        sourceNode.origin().withKeyPath(fields.path()));
  }

  private void missing(Fields fields, String key, String what) {
    context
        .problems()
        .error(
            fields.mapping().origin().withKeyPath(fields.path()),
            "missing-key",
            "needs `" + key + "`: " + what);
  }

  private void refuse(Fields fields, String type, List<String> keys) {
    for (String key : keys) {
      if (fields.has(key)) {
        context
            .problems()
            .error(fields.keyAt(key), "conflict", "`" + key + "` does not go with type: " + type);
      }
    }
  }

  private boolean flag(Fields fields, String key, boolean otherwise) {
    Node node = fields.get(key);
    Boolean value = node == null ? null : values.bool(node, fields.path(key));
    return value == null ? otherwise : value;
  }

  private @Nullable ByteSize size(Node node, String path) {
    ByteSize size = values.size(node, path);
    if (size != null && size.bytes() == 0) {
      values.error(node, path, "size", "must be more than 0", "leave it out for half the memory");
      return null;
    }
    return size;
  }

  /** {@code /run[:size=64m,mode=1777,ro]}. */
  private @Nullable Mount shortTmpfs(Node node, String path) {
    String text = values.string(node, path);
    if (text == null) {
      return null;
    }
    List<String> parts = split(text, ':');
    if (parts.size() > 2) {
      values.error(node, path, "mount", "\"" + text + "\" is not target[:options]", "");
      return null;
    }
    ByteSize size = null;
    Integer mode = TMPFS_MODE;
    boolean readOnly = false;
    for (String option : parts.size() == 2 ? split(parts.get(1), ',') : List.<String>of()) {
      if (option.startsWith("size=")) {
        size = size(new Node.Scalar(option.substring(5), false, node.origin()), path);
      } else if (option.startsWith("mode=")) {
        mode = values.octal(option.substring(5), node, path, 07777);
      } else if (option.equals("ro") || option.equals("rw")) {
        readOnly = option.equals("ro");
      } else if (!option.equals("nosuid") && !option.equals("nodev")) {
        unknownOption(node, path, option, List.of("size=", "mode=", "ro", "rw"));
      }
    }
    ContainerPath target = target(parts.get(0), node, path);
    return target == null
        ? null
        : new Mount.Tmpfs(
            target,
            readOnly,
            size,
            mode == null ? TMPFS_MODE : mode,
            node.origin().withKeyPath(path));
  }

  private static List<String> split(String text, char separator) {
    List<String> parts = new ArrayList<>();
    int start = 0;
    for (int i = text.indexOf(separator); i >= 0; i = text.indexOf(separator, start)) {
      parts.add(text.substring(start, i));
      start = i + 1;
    }
    parts.add(text.substring(start));
    return parts;
  }
}
