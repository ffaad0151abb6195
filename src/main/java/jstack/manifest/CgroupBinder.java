package jstack.manifest;

import java.math.BigDecimal;
import java.util.Objects;
import jstack.diag.Origin;
import org.jspecify.annotations.Nullable;

/**
 * Binds {@code cgroup} and Compose's other words for the same limits; two words for one limit must
 * agree.
 */
final class CgroupBinder {
  /** Docker's floor: a container with less cannot start. */
  private static final ByteSize LEAST_MEMORY = new ByteSize(6L << 20);

  private static final long MOST_PIDS = 4_194_304;
  private static final BigDecimal LEAST_CPUS = new BigDecimal("0.01");

  private final BindContext context;
  private final Values values;
  private final String base;
  private final Limit<ByteSize> memory = new Limit<>("cgroup.memory.max");
  private final Limit<ByteSize> swap = new Limit<>("cgroup.memory.swap_max");
  private final Limit<Integer> swappiness = new Limit<>("cgroup.memory.swappiness");
  private final Limit<CpuMax> cpuMax = new Limit<>("cgroup.cpu.max");
  private final Limit<Integer> cpuWeight = new Limit<>("cgroup.cpu.weight");
  private final Limit<Long> pids = new Limit<>("cgroup.pids.max");

  CgroupBinder(BindContext context, String servicePath) {
    this.context = context;
    this.values = context.values();
    this.base = servicePath;
  }

  /** One limit and the first place that set it. */
  private final class Limit<T> {
    private final String name;
    private @Nullable T value;
    private Origin origin = Origin.NONE;

    Limit(String name) {
      this.name = name;
    }

    void offer(@Nullable T offered, Origin at) {
      if (offered == null) {
        return;
      }
      if (value == null) {
        value = offered;
        origin = at;
        context.origins().putIfAbsent(base + "." + name, at);
      } else if (!Objects.equals(value, offered)) {
        String before = shortPath(origin.keyPath());
        context
            .problems()
            .error(
                at,
                "conflict",
                "differs from " + before + " at line " + origin.line() + ", another word for it");
      }
    }

    private String shortPath(String path) {
      return path.startsWith(base + ".") ? path.substring(base.length() + 1) : path;
    }
  }

  Resources bind(Fields service) {
    Node cgroup = service.get("cgroup");
    if (cgroup != null && !(cgroup instanceof Node.Scalar)) {
      cgroup(cgroup, service.path("cgroup"));
    }
    Node node = service.get("mem_limit");
    if (node != null) {
      memory.offer(memory(node, service.path("mem_limit")), service.at("mem_limit"));
    }
    node = service.get("mem_swappiness");
    if (node != null) {
      String path = service.path("mem_swappiness");
      swappiness.offer(integer(node, path, 0, 100), service.at("mem_swappiness"));
    }
    node = service.get("cpus");
    if (node != null) {
      cpuMax.offer(cpus(node, service.path("cpus")), service.at("cpus"));
    }
    node = service.get("pids_limit");
    if (node != null) {
      pids.offer(pids(node, service.path("pids_limit")), service.at("pids_limit"));
    }
    node = service.get("deploy");
    if (node != null) {
      deploy(node, service.path("deploy"));
    }
    node = service.get("memswap_limit");
    if (node != null) {
      memswap(node, service.path("memswap_limit"));
    }
    ByteSize swapMax = swap.value;
    if (memory.value == null && swapMax != null && !memoryWasWritten(service)) {
      context.problems().error(swap.origin, "swap-without-memory", "a swap limit needs memory.max");
    }
    if (memory.value != null && swapMax == null) {
      swapMax = new ByteSize(0);
    }
    return new Resources(
        memory.value,
        swapMax,
        swappiness.value,
        cpuMax.value,
        cpuWeight.value,
        pids.value == null ? Resources.DEFAULT_PIDS_MAX : pids.value);
  }

  /** A memory limit that was refused must not be missed again by its swap limit. */
  private static boolean memoryWasWritten(Fields service) {
    if (service.has("mem_limit") || service.has("deploy")) {
      return true;
    }
    Node.Entry entry =
        service.get("cgroup") instanceof Node.Mapping cgroup ? cgroup.find("memory") : null;
    return entry != null
        && (!(entry.value() instanceof Node.Mapping memory) || memory.find("max") != null);
  }

  private void cgroup(Node node, String path) {
    if (node instanceof Node.Scalar scalar
        && (scalar.text().equals("host") || scalar.text().equals("private"))) {
      String hint = "every service has its own cgroup namespace; write limits as a mapping here";
      values.error(
          node,
          path,
          "unsupported",
          "`cgroup: " + scalar.text() + "` is not supported by this version of jstack",
          hint);
      return;
    }
    Fields fields =
        Fields.of(node, path, Keys.Place.CGROUP, context.problems(), "a mapping of limits");
    if (fields == null) {
      return;
    }
    Node memoryNode = fields.get("memory");
    if (memoryNode != null) {
      memoryBlock(memoryNode, fields.path("memory"));
    }
    Node cpuNode = fields.get("cpu");
    if (cpuNode != null) {
      cpuBlock(cpuNode, fields.path("cpu"));
    }
    Node pidsNode = fields.get("pids");
    if (pidsNode != null) {
      pidsBlock(pidsNode, fields.path("pids"));
    }
  }

  private void memoryBlock(Node node, String path) {
    if (node instanceof Node.Scalar) {
      memory.offer(memory(node, path), node.origin().withKeyPath(path));
      return;
    }
    Fields fields =
        Fields.of(node, path, Keys.Place.MEMORY, context.problems(), "a size or a mapping");
    if (fields == null) {
      return;
    }
    Node max = fields.get("max");
    if (max != null) {
      memory.offer(memory(max, fields.path("max")), fields.at("max"));
    }
    Node swapMax = fields.get("swap_max");
    if (swapMax != null) {
      swap.offer(values.size(swapMax, fields.path("swap_max")), fields.at("swap_max"));
    }
    Node swapping = fields.get("swappiness");
    if (swapping != null) {
      swappiness.offer(
          integer(swapping, fields.path("swappiness"), 0, 100), fields.at("swappiness"));
    }
  }

  private void cpuBlock(Node node, String path) {
    if (node instanceof Node.Scalar) {
      cpuMax.offer(cpus(node, path), node.origin().withKeyPath(path));
      return;
    }
    Fields fields =
        Fields.of(node, path, Keys.Place.CPU, context.problems(), "a number or a mapping");
    if (fields == null) {
      return;
    }
    Node max = fields.get("max");
    if (max != null) {
      cpuMax.offer(cpus(max, fields.path("max")), fields.at("max"));
    }
    Node weight = fields.get("weight");
    if (weight != null) {
      cpuWeight.offer(integer(weight, fields.path("weight"), 1, 10000), fields.at("weight"));
    }
  }

  private void pidsBlock(Node node, String path) {
    if (node instanceof Node.Scalar) {
      pids.offer(pids(node, path), node.origin().withKeyPath(path));
      return;
    }
    Fields fields =
        Fields.of(node, path, Keys.Place.PIDS, context.problems(), "a number or a mapping");
    Node max = fields == null ? null : fields.get("max");
    if (fields != null && max != null) {
      pids.offer(pids(max, fields.path("max")), fields.at("max"));
    }
  }

  private void deploy(Node node, String path) {
    Fields deploy = Fields.of(node, path, Keys.Place.DEPLOY, context.problems(), "a mapping");
    Node inner = deploy == null ? null : deploy.get("resources");
    Fields resources =
        inner == null || deploy == null
            ? null
            : Fields.of(
                inner,
                deploy.path("resources"),
                Keys.Place.DEPLOY_RESOURCES,
                context.problems(),
                "a mapping");
    inner = resources == null ? null : resources.get("limits");
    Fields limits =
        inner == null || resources == null
            ? null
            : Fields.of(
                inner,
                resources.path("limits"),
                Keys.Place.DEPLOY_LIMITS,
                context.problems(),
                "a mapping");
    if (limits == null) {
      return;
    }
    Node value = limits.get("memory");
    if (value != null) {
      memory.offer(memory(value, limits.path("memory")), limits.at("memory"));
    }
    value = limits.get("cpus");
    if (value != null) {
      cpuMax.offer(cpus(value, limits.path("cpus")), limits.at("cpus"));
    }
    value = limits.get("pids");
    if (value != null) {
      pids.offer(pids(value, limits.path("pids")), limits.at("pids"));
    }
  }

  /** Compose's word counts memory and swap together. */
  private void memswap(Node node, String path) {
    if (node instanceof Node.Scalar scalar && scalar.text().equals("-1")) {
      String hint = "write cgroup: {memory: {swap_max: SIZE}}";
      values.error(node, path, "unsupported", "unlimited swap is not supported", hint);
      return;
    }
    ByteSize both = values.size(node, path);
    Origin at = node.origin().withKeyPath(path);
    ByteSize limit = memory.value;
    if (both == null) {
      return;
    }
    if (limit == null) {
      swap.offer(both, at);
    } else if (both.compareTo(limit) < 0) {
      String message = "counts memory and swap together, so it cannot be below the memory limit ";
      values.error(node, path, "range", message + limit, "");
    } else {
      swap.offer(new ByteSize(both.bytes() - limit.bytes()), at);
    }
  }

  private @Nullable ByteSize memory(Node node, String path) {
    ByteSize size = values.size(node, path);
    if (size != null && size.compareTo(LEAST_MEMORY) < 0) {
      String message = size + " is below the floor of " + LEAST_MEMORY;
      values.error(node, path, "range", message, "leave it out for no limit");
      return null;
    }
    return size;
  }

  private @Nullable Long pids(Node node, String path) {
    if (node instanceof Node.Scalar scalar
        && (scalar.text().equals("-1") || scalar.text().equals("max"))) {
      values.error(node, path, "range", "the number of processes is never unlimited", "");
      return null;
    }
    return values.integer(node, path, 2, MOST_PIDS);
  }

  private @Nullable Integer integer(Node node, String path, int min, int max) {
    Long value = values.integer(node, path, min, max);
    return value == null ? null : value.intValue();
  }

  /** {@code 0.5} processors, or {@code 50000/100000} microseconds. */
  private @Nullable CpuMax cpus(Node node, String path) {
    String text = values.text(node, path);
    if (text == null) {
      return null;
    }
    int slash = text.indexOf('/');
    if (slash >= 0) {
      return quota(node, path, text.substring(0, slash).strip(), text.substring(slash + 1).strip());
    }
    CoreSchema kind = CoreSchema.of(text);
    if ((kind != CoreSchema.INTEGER && kind != CoreSchema.FLOAT) || text.length() > 20) {
      String hint = "write 0.5 for half a processor, or \"QUOTA/PERIOD\" in microseconds";
      values.error(node, path, "cpus", "not a number of processors: " + text, hint);
      return null;
    }
    BigDecimal cpus = new BigDecimal(text);
    int online = context.cpusOnline();
    boolean small = cpus.compareTo(LEAST_CPUS) < 0;
    if (small || cpus.compareTo(BigDecimal.valueOf(online == 0 ? 8192 : online)) > 0) {
      String most = online == 0 ? "8192" : online + ", the processors of this machine";
      values.error(node, path, "range", "must be from 0.01 to " + most + ", not " + text, "");
      return null;
    }
    return CpuMax.ofCpus(cpus);
  }

  private @Nullable CpuMax quota(Node node, String path, String quota, String period) {
    Long micros =
        values.integer(new Node.Scalar(quota, true, node.origin()), path, 1000, 1_000_000_000L);
    Long length =
        values.integer(new Node.Scalar(period, true, node.origin()), path, 1000, 1_000_000);
    if (micros == null || length == null) {
      return null;
    }
    int online = context.cpusOnline();
    if (online > 0 && micros > length * online) {
      String message = "more than the " + online + " processors of this machine";
      values.error(node, path, "range", message, "");
      return null;
    }
    return new CpuMax(micros, length);
  }
}
