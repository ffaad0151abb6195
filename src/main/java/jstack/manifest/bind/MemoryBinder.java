package jstack.manifest.bind;

import java.util.List;
import jstack.manifest.ByteSize;
import jstack.manifest.MemoryLimits;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/** Binds {@code cgroup.memory} and Compose's words for memory. */
final class MemoryBinder {
  /** Docker's floor: a container with less cannot start. */
  private static final ByteSize LEAST = new ByteSize(6L << 20);

  /** More than any machine has; memory and swap together must still fit in 64 bits. */
  private static final ByteSize MOST = new ByteSize(1L << 56);

  private final BindContext context;
  private final Values values;
  private final Limit<ByteSize> max;
  private final Limit<ByteSize> high;
  private final Limit<ByteSize> low;
  private final Limit<ByteSize> min;
  private final Limit<ByteSize> swap;
  private final Limit<Integer> swappiness;
  private final Limit<Boolean> oomGroup;

  MemoryBinder(BindContext context, String base) {
    this.context = context;
    this.values = context.values();
    max = new Limit<>(context, base, "cgroup.memory.max");
    high = new Limit<>(context, base, "cgroup.memory.high");
    low = new Limit<>(context, base, "cgroup.memory.low");
    min = new Limit<>(context, base, "cgroup.memory.min");
    swap = new Limit<>(context, base, "cgroup.memory.swap_max");
    swappiness = new Limit<>(context, base, "cgroup.memory.swappiness");
    oomGroup = new Limit<>(context, base, "cgroup.memory.oom_group");
  }

  void block(Node node, String path) {
    if (node instanceof Node.Scalar) {
      max.offer(max(node, path), node.origin().withKeyPath(path));
      return;
    }
    Fields fields =
        Fields.of(node, path, Keys.Place.MEMORY, context.problems(), "a size or a mapping");
    if (fields == null) {
      return;
    }
    Node value = fields.get("max");
    if (value != null) {
      max.offer(max(value, fields.path("max")), fields.at("max"));
    }
    threshold(fields, "high", high);
    threshold(fields, "low", low);
    threshold(fields, "min", min);
    value = fields.get("swap_max");
    if (value != null) {
      swap.offer(size(value, fields.path("swap_max")), fields.at("swap_max"));
    }
    swappiness(fields, "swappiness");
    value = fields.get("oom_group");
    if (value != null) {
      oomGroup.offer(values.bool(value, fields.path("oom_group")), fields.at("oom_group"));
    }
  }

  void compose(Fields service) {
    Node value = service.get("mem_limit");
    if (value != null) {
      max.offer(max(value, service.path("mem_limit")), service.at("mem_limit"));
    }
    threshold(service, "mem_reservation", low);
    swappiness(service, "mem_swappiness");
  }

  /** {@code deploy.resources.limits.memory}. */
  void limit(Fields limits) {
    Node value = limits.get("memory");
    if (value != null) {
      max.offer(max(value, limits.path("memory")), limits.at("memory"));
    }
  }

  /** {@code deploy.resources.reservations.memory}. */
  void reserve(Fields reservations) {
    threshold(reservations, "memory", low);
  }

  /** Compose's word counts memory and swap together; it comes when every other was read. */
  void memswap(Fields service) {
    Node node = service.get("memswap_limit");
    if (node == null) {
      return;
    }
    String path = service.path("memswap_limit");
    if (node instanceof Node.Scalar scalar && scalar.text().equals("-1")) {
      String hint = "write cgroup: {memory: {swap_max: SIZE}}";
      values.error(node, path, "unsupported", "unlimited swap is not supported", hint);
      return;
    }
    ByteSize both = size(node, path);
    ByteSize limit = max.value();
    if (both == null) {
      return;
    }
    if (limit == null) {
      swap.offer(both, service.at("memswap_limit"));
    } else if (both.compareTo(limit) < 0) {
      String message = "counts memory and swap together, so it cannot be below the memory limit ";
      values.error(node, path, "range", message + limit, "");
    } else {
      swap.offer(new ByteSize(both.bytes() - limit.bytes()), service.at("memswap_limit"));
    }
  }

  /**
   * @param written whether there is a memory limit, even one that was refused
   */
  MemoryLimits bind(boolean written) {
    ByteSize swapMax = swap.value();
    if (max.value() == null && swapMax != null && !written) {
      String message = "a swap limit needs memory.max";
      context.problems().error(swap.origin(), "swap-without-memory", message);
    }
    if (max.value() != null && swapMax == null) {
      swapMax = new ByteSize(0);
    }
    inOrder(List.of(min, low, high, max));
    return new MemoryLimits(
        max.value(),
        high.value(),
        low.value(),
        min.value(),
        swapMax,
        swappiness.value(),
        Boolean.TRUE.equals(oomGroup.value()));
  }

  /** Each that was written is compared with the next one that was. */
  private void inOrder(List<Limit<ByteSize>> ascending) {
    for (int i = 0; i < ascending.size(); i++) {
      Limit<ByteSize> lower = ascending.get(i);
      ByteSize below = lower.value();
      ByteSize above = null;
      for (int j = i + 1; j < ascending.size() && below != null && above == null; j++) {
        Limit<ByteSize> upper = ascending.get(j);
        above = upper.value();
        if (above != null && below.compareTo(above) > 0) {
          String line = upper.origin().isKnown() ? " at line " + upper.origin().line() : "";
          String where = ", which is " + above + line;
          String message = below + " is above " + upper.name().replace("cgroup.", "") + where;
          context.problems().error(lower.origin(), "order", message, "min <= low <= high <= max");
        }
      }
    }
  }

  private void threshold(Fields fields, String key, Limit<ByteSize> limit) {
    Node node = fields.get(key);
    ByteSize size = node == null ? null : size(node, fields.path(key));
    if (node == null || size == null) {
      return;
    }
    if (size.bytes() == 0) {
      String hint = "leave it out for none";
      values.error(node, fields.path(key), "range", "must be more than 0", hint);
      return;
    }
    limit.offer(size, fields.at(key));
  }

  private void swappiness(Fields fields, String key) {
    Node node = fields.get(key);
    Long value = node == null ? null : values.integer(node, fields.path(key), 0, 100);
    if (value != null) {
      swappiness.offer(value.intValue(), fields.at(key));
    }
  }

  private @Nullable ByteSize max(Node node, String path) {
    ByteSize size = size(node, path);
    if (size != null && size.compareTo(LEAST) < 0) {
      String message = size + " is below the floor of " + LEAST;
      values.error(node, path, "range", message, "leave it out for no limit");
      return null;
    }
    return size;
  }

  private @Nullable ByteSize size(Node node, String path) {
    ByteSize size = values.size(node, path);
    if (size != null && size.compareTo(MOST) > 0) {
      values.error(node, path, "range", size + " is more than any machine has", "");
      return null;
    }
    return size;
  }
}
