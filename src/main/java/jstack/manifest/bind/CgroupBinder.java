package jstack.manifest.bind;

import java.util.Map;
import jstack.diag.Origin;
import jstack.manifest.CgroupPath;
import jstack.manifest.Resources;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/**
 * Binds {@code cgroup}, of a service or of the stack, and Compose's other words for the same
 * limits; two words for one limit must agree.
 */
public final class CgroupBinder {
  private static final long MOST_PIDS = 4_194_304;

  private final BindContext context;
  private final Values values;
  private final MemoryBinder memory;
  private final CpuBinder cpu;
  private final CpusetBinder cpuset;
  private final IoBinder io;
  private final Limit<Long> pids;
  private final Limit<CgroupPath> parent;
  private Map<String, String> unified = Map.of();
  private boolean delegate;

  /**
   * @param base path of the service, empty for the stack
   */
  public CgroupBinder(BindContext context, String base) {
    this.context = context;
    this.values = context.values();
    memory = new MemoryBinder(context, base);
    cpu = new CpuBinder(context, base);
    cpuset = new CpusetBinder(context, base);
    io = new IoBinder(context, base);
    pids = new Limit<>(context, base, "cgroup.pids.max");
    parent = new Limit<>(context, base, "cgroup.parent");
  }

  public Resources service(Fields service, boolean ownNamespace) {
    Node node = service.get("cgroup");
    // host and private are Compose's words for the namespace.
    if (node != null && !(node instanceof Node.Scalar)) {
      cgroup(node, service.path("cgroup"), ownNamespace);
    }
    memory.compose(service);
    cpu.compose(service);
    cpuset.compose(service);
    io.compose(service);
    pids(service, "pids_limit");
    parent(service, "cgroup_parent");
    deploy(service);
    memory.memswap(service);
    Long limit = pids.value();
    return result(memoryWasWritten(service), limit == null ? Resources.DEFAULT_PIDS_MAX : limit);
  }

  /** The limits of all services together; there are none by default. */
  Resources stack(Fields top) {
    Node node = top.get("cgroup");
    if (node != null) {
      cgroup(node, "cgroup", true);
    }
    if (delegate) {
      Origin at =
          context
              .origins()
              .getOrDefault("cgroup.delegate", top.at("cgroup"))
              .withKeyPath("cgroup.delegate");
      String message = "a stack has no processes to delegate to";
      context.problems().error(at, "misplaced-key", message, "delegate to a service");
    }
    return result(memoryWasWritten(top), pids.value());
  }

  private Resources result(boolean memoryWritten, @Nullable Long pidsMax) {
    return new Resources(
        memory.bind(memoryWritten),
        cpu.bind(),
        cpuset.bind(),
        io.bind(),
        pidsMax,
        unified,
        parent.value(),
        delegate);
  }

  /** A memory limit that was refused must not be missed again by its swap limit. */
  private static boolean memoryWasWritten(Fields fields) {
    if (fields.has("mem_limit") || has(fields, "deploy", "resources", "limits", "memory")) {
      return true;
    }
    Node.Entry entry =
        fields.get("cgroup") instanceof Node.Mapping cgroup ? cgroup.find("memory") : null;
    return entry != null
        && (!(entry.value() instanceof Node.Mapping memory) || memory.find("max") != null);
  }

  private static boolean has(Fields fields, String first, String... more) {
    Node node = fields.get(first);
    for (String key : more) {
      Node.Entry entry = node instanceof Node.Mapping mapping ? mapping.find(key) : null;
      node = entry == null ? null : entry.value();
    }
    return node != null;
  }

  private void cgroup(Node node, String path, boolean ownNamespace) {
    Fields fields =
        Fields.of(node, path, Keys.Place.CGROUP, context.problems(), "a mapping of limits");
    if (fields == null) {
      return;
    }
    Node value = fields.get("memory");
    if (value != null) {
      memory.block(value, fields.path("memory"));
    }
    value = fields.get("cpu");
    if (value != null) {
      cpu.block(value, fields.path("cpu"));
    }
    value = fields.get("cpuset");
    if (value != null) {
      cpuset.block(value, fields.path("cpuset"));
    }
    value = fields.get("pids");
    if (value instanceof Node.Scalar) {
      pids(fields, "pids");
    } else if (value != null) {
      String at = fields.path("pids");
      Fields block =
          Fields.of(value, at, Keys.Place.PIDS, context.problems(), "a number or a mapping");
      if (block != null) {
        pids(block, "max");
      }
    }
    value = fields.get("io");
    if (value != null) {
      io.block(value, fields.path("io"));
    }
    value = fields.get("unified");
    if (value != null) {
      unified = new UnifiedBinder(context).bind(value, fields.path("unified"));
    }
    parent(fields, "parent");
    value = fields.get("delegate");
    Boolean given = value == null ? null : values.bool(value, fields.path("delegate"));
    delegate = Boolean.TRUE.equals(given);
    if (delegate && !ownNamespace && value != null) {
      String message = "needs a cgroup namespace of its own";
      values.error(value, fields.path("delegate"), "conflict", message, "");
    }
  }

  private void deploy(Fields service) {
    Fields deploy = inner(service, "deploy", Keys.Place.DEPLOY);
    Fields resources =
        deploy == null ? null : inner(deploy, "resources", Keys.Place.DEPLOY_RESOURCES);
    Fields limits = resources == null ? null : inner(resources, "limits", Keys.Place.DEPLOY_LIMITS);
    if (limits != null) {
      memory.limit(limits);
      cpu.cpus(limits, "cpus");
      pids(limits, "pids");
    }
    Fields reservations =
        resources == null ? null : inner(resources, "reservations", Keys.Place.DEPLOY_RESERVATIONS);
    if (reservations != null) {
      memory.reserve(reservations);
    }
  }

  private @Nullable Fields inner(Fields outer, String key, Keys.Place place) {
    Node node = outer.get(key);
    return node == null
        ? null
        : Fields.of(node, outer.path(key), place, context.problems(), "a mapping");
  }

  private void pids(Fields fields, String key) {
    Node node = fields.get(key);
    if (node == null) {
      return;
    }
    if (node instanceof Node.Scalar scalar
        && (scalar.text().equals("-1") || scalar.text().equals("max"))) {
      String message = "the number of processes is never unlimited";
      values.error(node, fields.path(key), "range", message, "");
      return;
    }
    pids.offer(values.integer(node, fields.path(key), 2, MOST_PIDS), fields.at(key));
  }

  private void parent(Fields fields, String key) {
    Node node = fields.get(key);
    String text = node == null ? null : values.string(node, fields.path(key));
    if (node == null || text == null) {
      return;
    }
    try {
      parent.offer(CgroupPath.parse(text), fields.at(key));
    } catch (IllegalArgumentException e) {
      values.error(node, fields.path(key), "parent", "\"" + text + "\" " + e.getMessage(), "");
    }
  }
}
