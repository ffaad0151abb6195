package jstack.manifest.load;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.diag.Problems;
import jstack.manifest.CpuMax;
import jstack.manifest.HostPath;
import jstack.manifest.IoLimits;
import jstack.manifest.MemoryLimits;
import jstack.manifest.Resources;
import jstack.manifest.bind.BindContext;
import jstack.manifest.bind.CgroupBinder;
import jstack.manifest.fields.Fields;
import jstack.manifest.fields.Keys;
import jstack.manifest.files.UncheckedFiles;
import jstack.manifest.yaml.Node;
import org.jspecify.annotations.Nullable;

/**
 * Limits of a service that are given on the command line, checked by the same rules as those of a
 * manifest.
 *
 * @param values by key below {@code cgroup}, such as {@code memory.max}; {@code max} lifts a limit
 */
public record LimitUpdate(Map<String, String> values) {
  private static final String NONE = "max";

  public LimitUpdate {
    values = Map.copyOf(values);
  }

  /**
   * The limits of a service with these in the place of its own.
   *
   * @param request for what the machine has
   * @throws DiagnosticException {@link Failure#USAGE} with everything that is wrong
   */
  public Resources apply(Resources own, LoadRequest request) {
    Map<String, String> all = written(own);
    values.forEach(all::put);
    if (NONE.equals(values.get("memory.max"))) {
      all.remove("memory.swap_max"); // counts on top of it
    }
    all.values().removeIf(NONE::equals);
    Problems problems = new Problems();
    BindContext context =
        new BindContext(
            problems,
            new HostPath("/"),
            new UncheckedFiles(),
            Map.of(),
            request.cpusOnline(),
            request.topology(),
            null,
            new LinkedHashMap<>());
    Node.Mapping service = mapping(Map.of("cgroup", tree(all)));
    Fields fields = Fields.of(service, "", Keys.Place.SERVICE, problems, "a mapping");
    if (fields == null) {
      throw new IllegalStateException("a mapping is a mapping");
    }
    Resources bound = new CgroupBinder(context, "").service(fields, true);
    if (problems.hasErrors()) {
      throw new DiagnosticException(Failure.USAGE, problems.errors());
    }
    return new Resources(
        bound.memory(),
        bound.cpu(),
        bound.cpuset(),
        new IoLimits(bound.io().weight(), own.io().max()),
        bound.pidsMax(),
        own.unified(),
        own.parent(),
        own.delegate());
  }

  private static Node.Mapping tree(Map<String, String> all) {
    Map<String, Map<String, Node>> blocks = new LinkedHashMap<>();
    all.forEach(
        (key, text) -> {
          int dot = key.indexOf('.');
          blocks
              .computeIfAbsent(key.substring(0, dot), block -> new LinkedHashMap<>())
              .put(key.substring(dot + 1), scalar(text));
        });
    Map<String, Node> tree = new LinkedHashMap<>();
    blocks.forEach((block, entries) -> tree.put(block, mapping(entries)));
    return mapping(tree);
  }

  private static Node.Mapping mapping(Map<String, ? extends Node> values) {
    List<Node.Entry> entries = new ArrayList<>();
    values.forEach((key, value) -> entries.add(new Node.Entry(scalar(key), value)));
    return new Node.Mapping(entries, Origin.NONE, entries.size());
  }

  private static Node.Scalar scalar(String text) {
    return new Node.Scalar(text, true, Origin.NONE);
  }

  /** As a manifest would say them. */
  private static Map<String, String> written(Resources own) {
    Map<String, String> written = new LinkedHashMap<>();
    MemoryLimits memory = own.memory();
    put(written, "memory.max", memory.max());
    put(written, "memory.high", memory.high());
    put(written, "memory.low", memory.low());
    put(written, "memory.min", memory.min());
    put(written, "memory.swap_max", memory.swapMax());
    put(written, "memory.swappiness", memory.swappiness());
    put(written, "memory.oom_group", memory.oomGroup() ? true : null);
    CpuMax max = own.cpu().max();
    put(written, "cpu.max", max == null ? null : max.quota() + "/" + max.period());
    put(written, "cpu.burst", own.cpu().burst());
    put(written, "cpu.weight", own.cpu().weight());
    put(written, "cpu.idle", own.cpu().idle() ? true : null);
    put(written, "cpuset.cpus", own.cpuset().cpus());
    put(written, "cpuset.mems", own.cpuset().mems());
    put(written, "pids.max", own.pidsMax());
    put(written, "io.weight", own.io().weight());
    return written;
  }

  private static void put(Map<String, String> written, String key, @Nullable Object value) {
    if (value != null) {
      written.put(key, value.toString());
    }
  }
}
