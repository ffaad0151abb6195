package jstack.manifest.bind;

import java.math.BigDecimal;
import java.time.Duration;
import jstack.diag.Origin;
import jstack.manifest.CpuLimits;
import jstack.manifest.CpuMax;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.fields.Values;
import jstack.manifest.yaml.CoreSchema;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/** Binds {@code cgroup.cpu} and Compose's words for processor time. */
final class CpuBinder {
  private static final BigDecimal LEAST_CPUS = new BigDecimal("0.01");
  private static final int MOST_SHARES = 102_400;

  private final BindContext context;
  private final Values values;
  private final Limit<CpuMax> max;
  private final Limit<Long> burst;
  private final Limit<Integer> weight;
  private final Limit<Boolean> idle;
  private @Nullable Integer exactShares;

  CpuBinder(BindContext context, String base) {
    this.context = context;
    this.values = context.values();
    max = new Limit<>(context, base, "cgroup.cpu.max");
    burst = new Limit<>(context, base, "cgroup.cpu.burst");
    weight = new Limit<>(context, base, "cgroup.cpu.weight");
    idle = new Limit<>(context, base, "cgroup.cpu.idle");
  }

  void block(Node node, String path) {
    if (node instanceof Node.Scalar) {
      max.offer(cpus(node, path), node.origin().withKeyPath(path));
      return;
    }
    Fields fields =
        Fields.of(node, path, Keys.Place.CPU, context.problems(), "a number or a mapping");
    if (fields == null) {
      return;
    }
    cpus(fields, "max");
    Node value = fields.get("burst");
    if (value != null) {
      burst.offer(micros(value, fields.path("burst")), fields.at("burst"));
    }
    value = fields.get("weight");
    Long number = value == null ? null : values.integer(value, fields.path("weight"), 1, 10000);
    if (number != null) {
      weight.offer(number.intValue(), fields.at("weight"));
    }
    value = fields.get("idle");
    if (value != null) {
      idle.offer(values.bool(value, fields.path("idle")), fields.at("idle"));
    }
  }

  void compose(Fields service) {
    cpus(service, "cpus");
    Node node = service.get("cpu_shares");
    Long shares =
        node == null ? null : values.integer(node, service.path("cpu_shares"), 2, MOST_SHARES);
    if (shares != null) {
      int nearest = CpuLimits.weight(shares);
      weight.offer(nearest, service.at("cpu_shares"));
      exactShares = CpuLimits.shares(nearest) == shares ? null : shares.intValue();
    }
    node = service.get("cpu_quota");
    Node period = service.get("cpu_period");
    if (node != null) {
      CpuMax quota = quota(node, service.path("cpu_quota"), period, service.path("cpu_period"));
      max.offer(quota, service.at("cpu_quota"));
    } else if (period != null && !service.has("cpu_quota")) {
      String message = "a period alone limits nothing: it needs cpu_quota";
      context.problems().error(service.at("cpu_period"), "period-without-quota", message);
    }
  }

  /** {@code deploy.resources.limits.cpus} and the like. */
  void cpus(Fields fields, String key) {
    Node node = fields.get(key);
    if (node != null) {
      max.offer(cpus(node, fields.path(key)), fields.at(key));
    }
  }

  CpuLimits bind() {
    CpuMax quota = max.value();
    Long saved = burst.value();
    if (quota != null && saved != null && saved > quota.quota()) {
      String message = saved + " microseconds are more than the quota of " + quota.quota();
      context.problems().error(burst.origin(), "range", message);
    }
    if (quota == null && saved != null && !max.isWritten()) {
      String message = "a burst is saved up from a quota: it needs cpu.max";
      context.problems().error(burst.origin(), "burst-without-max", message);
    }
    boolean idles = Boolean.TRUE.equals(idle.value());
    if (idles && weight.value() != null) {
      Origin first = idle.origin();
      String message = "an idle cgroup has no weight: idle is set at line " + first.line();
      context.problems().error(weight.origin(), "conflict", message);
    }
    return new CpuLimits(quota, saved, weight.value(), idles, exactShares);
  }

  /** {@code 0.5} processors, or {@code 50000/100000} microseconds. */
  private @Nullable CpuMax cpus(Node node, String path) {
    String text = values.text(node, path);
    if (text == null) {
      return null;
    }
    int slash = text.indexOf('/');
    if (slash >= 0) {
      Node quota = new Node.Scalar(text.substring(0, slash).strip(), true, node.origin());
      Node period = new Node.Scalar(text.substring(slash + 1).strip(), true, node.origin());
      return quota(quota, path, period, path);
    }
    BigDecimal cpus = CoreSchema.decimal(text);
    if (cpus == null) {
      String hint = "write 0.5 for half a processor, or \"QUOTA/PERIOD\" in microseconds";
      values.error(node, path, "cpus", "not a number of processors: " + text, hint);
      return null;
    }
    int online = context.cpusOnline();
    boolean small = cpus.compareTo(LEAST_CPUS) < 0;
    if (small || cpus.compareTo(BigDecimal.valueOf(online == 0 ? 8192 : online)) > 0) {
      String most = online == 0 ? "8192" : online + ", the processors of this machine";
      values.error(node, path, "range", "must be from 0.01 to " + most + ", not " + text, "");
      return null;
    }
    return CpuMax.ofCpus(cpus);
  }

  private @Nullable CpuMax quota(Node quota, String path, @Nullable Node period, String at) {
    Long micros = values.integer(quota, path, 1000, 1_000_000_000L);
    Long length =
        period == null
            ? Long.valueOf(CpuMax.DEFAULT_PERIOD)
            : values.integer(period, at, 1000, 1_000_000);
    if (micros == null || length == null) {
      return null;
    }
    int online = context.cpusOnline();
    if (online > 0 && micros > length * online) {
      String message = "more than the " + online + " processors of this machine";
      values.error(quota, path, "range", message, "");
      return null;
    }
    return new CpuMax(micros, length);
  }

  /** A time such as 20ms, or a number of microseconds. */
  private @Nullable Long micros(Node node, String path) {
    if (node instanceof Node.Scalar scalar && CoreSchema.of(scalar.text()) == CoreSchema.INTEGER) {
      return values.integer(node, path, 1, 1_000_000_000L);
    }
    Duration duration = values.duration(node, path);
    if (duration == null) {
      return null;
    }
    long micros = duration.toNanos() / 1000;
    if (micros < 1 || duration.toNanos() % 1000 != 0) {
      values.error(node, path, "range", "must be whole microseconds, at least 1us", "");
      return null;
    }
    return micros;
  }
}
