package jstack.manifest.bind;

import jstack.manifest.CpusetLimits;
import jstack.manifest.IndexList;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/** Binds {@code cgroup.cpuset} and Compose's {@code cpuset}. */
final class CpusetBinder {
  private final BindContext context;
  private final Values values;
  private final Limit<IndexList> cpus;
  private final Limit<IndexList> mems;

  CpusetBinder(BindContext context, String base) {
    this.context = context;
    this.values = context.values();
    cpus = new Limit<>(context, base, "cgroup.cpuset.cpus");
    mems = new Limit<>(context, base, "cgroup.cpuset.mems");
  }

  void block(Node node, String path) {
    if (node instanceof Node.Scalar) {
      cpus.offer(cpus(node, path), node.origin().withKeyPath(path));
      return;
    }
    Fields fields =
        Fields.of(node, path, Keys.Place.CPUSET, context.problems(), "a list or a mapping");
    if (fields == null) {
      return;
    }
    Node value = fields.get("cpus");
    if (value != null) {
      cpus.offer(cpus(value, fields.path("cpus")), fields.at("cpus"));
    }
    value = fields.get("mems");
    if (value != null) {
      IndexList online = context.topology().nodes();
      mems.offer(list(value, fields.path("mems"), online, "memory node"), fields.at("mems"));
    }
  }

  void compose(Fields service) {
    Node node = service.get("cpuset");
    if (node != null) {
      cpus.offer(cpus(node, service.path("cpuset")), service.at("cpuset"));
    }
  }

  CpusetLimits bind() {
    return new CpusetLimits(cpus.value(), mems.value());
  }

  private @Nullable IndexList cpus(Node node, String path) {
    return list(node, path, context.topology().cpus(), "processor");
  }

  private @Nullable IndexList list(
      Node node, String path, @Nullable IndexList online, String kind) {
    String text = values.text(node, path);
    if (text == null) {
      return null;
    }
    IndexList list;
    try {
      list = IndexList.parse(text);
    } catch (IllegalArgumentException e) {
      values.error(node, path, "cpuset", String.valueOf(e.getMessage()), "");
      return null;
    }
    IndexList absent = online == null ? new IndexList(java.util.List.of()) : list.without(online);
    if (!absent.indexes().isEmpty()) {
      String message = "this machine has no " + kind + " " + absent;
      values.error(node, path, "range", message, "those online are " + online);
      return null;
    }
    return list;
  }
}
