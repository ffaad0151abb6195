package jstack.manifest.bind;

import java.util.ArrayList;
import java.util.List;
import jstack.diag.Origin;
import jstack.manifest.ContainerPath;
import jstack.manifest.FileObject;
import jstack.manifest.Mount;
import jstack.manifest.Names;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/** Binds {@code secrets} and {@code configs} of a service. */
final class FileReferencesBinder {
  private static final int SECRET_MODE = 0400;
  private static final int CONFIG_MODE = 0444;

  /** Two ids of chown(2) mean something else. */
  private static final long LARGEST_ID = 4294967294L;

  private static final int MOST = 100;

  private final BindContext context;
  private final Values values;

  FileReferencesBinder(BindContext context) {
    this.context = context;
    this.values = context.values();
  }

  List<Mount> bind(Fields service) {
    List<Mount> files = new ArrayList<>();
    for (FileObject.Kind kind : FileObject.Kind.values()) {
      Node list = service.get(kind.key());
      List<Node> items = list == null ? List.of() : values.items(list, service.path(kind.key()));
      if (list != null && items.size() > MOST) {
        String path = service.path(kind.key());
        values.error(list, path, "range", "more than " + MOST + " " + kind.key(), "");
        continue;
      }
      for (int i = 0; i < items.size(); i++) {
        String path = service.path(kind.key()) + "[" + i + "]";
        Mount file = file(kind, items.get(i), path, service);
        if (file != null) {
          files.add(file);
        }
      }
    }
    return files;
  }

  private @Nullable Mount file(FileObject.Kind kind, Node node, String path, Fields service) {
    boolean secret = kind == FileObject.Kind.SECRET;
    long uid = secret ? user(service, 0) : 0;
    long gid = secret ? user(service, 1) : 0;
    int mode = secret ? SECRET_MODE : CONFIG_MODE;
    String owner = secret ? named(service) : "";
    Origin origin = node.origin().withKeyPath(path);
    if (node instanceof Node.Scalar) {
      String name = values.string(node, path);
      ContainerPath target = name == null ? null : target(kind, name, null, path);
      return name == null || target == null
          ? null
          : new Mount.File(kind, name, target, uid, gid, mode, owner, origin);
    }
    Fields fields =
        Fields.of(node, path, Keys.Place.FILE_REFERENCE, context.problems(), "a name or a mapping");
    if (fields == null) {
      return null;
    }
    if (!fields.seems("source")) {
      String message = "needs `source`: a " + kind.word() + " of the top level";
      values.error(node, path, "missing-key", message, "");
    }
    Node source = fields.get("source");
    String name = source == null ? null : values.string(source, fields.path("source"));
    Node written = fields.get("target");
    ContainerPath target = name == null ? null : target(kind, name, written, fields.path("target"));
    uid = id(fields, "uid", uid);
    gid = id(fields, "gid", gid);
    owner = fields.has("uid") || fields.has("gid") ? "" : owner;
    Node bits = fields.get("mode");
    Integer octal = bits == null ? null : values.octal(bits, fields.path("mode"), 0777);
    return name == null || target == null
        ? null
        : new Mount.File(kind, name, target, uid, gid, octal == null ? mode : octal, owner, origin);
  }

  /** The service's user as it is written, where a name is in it that only its rootfs knows. */
  private static String named(Fields service) {
    String text = service.get("user") instanceof Node.Scalar scalar ? scalar.text() : "";
    boolean numbers = text.chars().allMatch(c -> (c >= '0' && c <= '9') || c == ':');
    return numbers || !Names.userMistake(text).isEmpty() ? "" : text;
  }

  /** The service's own user may read its secrets; this is where it is a number. */
  private static long user(Fields service, int part) {
    if (!(service.get("user") instanceof Node.Scalar scalar)) {
      return 0;
    }
    String[] parts = scalar.text().split(":", -1);
    String text = part < parts.length ? parts[part] : "";
    boolean number = !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
    return number && text.length() <= 10 ? Math.min(Long.parseLong(text), LARGEST_ID) : 0;
  }

  private long id(Fields fields, String key, long otherwise) {
    Node node = fields.get(key);
    Long id = node == null ? null : values.integer(node, fields.path(key), 0, LARGEST_ID);
    return id == null ? otherwise : id;
  }

  private @Nullable ContainerPath target(
      FileObject.Kind kind, String name, @Nullable Node written, String path) {
    String text = written == null ? name : values.string(written, path);
    if (text == null) {
      return null;
    }
    boolean plain =
        !text.isEmpty()
            && text.indexOf('/') < 0
            && !text.equals(".")
            && !text.equals("..")
            && text.indexOf('\0') < 0
            && Values.utf8Length(text) <= 255;
    if (kind == FileObject.Kind.SECRET) {
      if (!plain && written != null) {
        String message = "\"" + text + "\" is no name of a file in " + Mount.File.SECRETS;
        values.error(written, path, "container-path", message, "write target: NAME");
      }
      return plain ? new ContainerPath(Mount.File.SECRETS + "/" + text) : null;
    }
    if (written == null) {
      return plain ? new ContainerPath("/" + text) : null;
    }
    ContainerPath target = values.containerPath(text, written, path);
    String reserved = target == null ? "" : ReservedTargets.reason(target);
    if (!reserved.isEmpty()) {
      values.error(written, path, "reserved-target", reserved, "");
      return null;
    }
    return target;
  }
}
