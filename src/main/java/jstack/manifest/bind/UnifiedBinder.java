package jstack.manifest.bind;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.manifest.fields.Values;
import jstack.manifest.yaml.Node;

/** Binds {@code cgroup.unified}: any limit of cgroup v2 that has no key of its own. */
final class UnifiedBinder {
  private static final List<String> HAVE_KEYS =
      List.of(
          "memory.max",
          "memory.high",
          "memory.low",
          "memory.min",
          "memory.swap.max",
          "memory.oom.group",
          "cpu.max",
          "cpu.max.burst",
          "cpu.weight",
          "cpu.idle",
          "cpuset.cpus",
          "cpuset.mems",
          "pids.max",
          "io.weight",
          "io.max");

  /** Files of the core that are limits; its others move, end and freeze processes. */
  private static final List<String> CORE = List.of("cgroup.max.depth", "cgroup.max.descendants");

  private static final int LONGEST_TEXT = 4096;

  private final BindContext context;
  private final Values values;

  UnifiedBinder(BindContext context) {
    this.context = context;
    this.values = context.values();
  }

  Map<String, String> bind(Node node, String path) {
    Map<String, String> files = new LinkedHashMap<>();
    if (!(node instanceof Node.Mapping mapping)) {
      if (!(node instanceof Node.Unknown)) {
        String message = "must be a mapping of files to texts, not " + node.kind();
        values.error(node, path, "type", message, "");
      }
      return files;
    }
    for (Node.Entry entry : mapping.entries()) {
      String file = entry.key().text();
      String at = path + "." + file;
      String text = values.text(entry.value(), at);
      if (!isLimit(entry.key(), at) || text == null) {
        continue;
      }
      if (text.isBlank() || text.length() > LONGEST_TEXT || hasControl(text)) {
        String message = "must be one line of 1 to 4096 characters";
        values.error(entry.value(), at, "type", message, "");
        continue;
      }
      files.put(file, text);
    }
    return files;
  }

  /** A line break would be a second write to some files, and a tab is no kernel's separator. */
  private static boolean hasControl(String text) {
    return text.chars().anyMatch(c -> c < ' ' || c == 0x7f);
  }

  private boolean isLimit(Node.Scalar key, String path) {
    String file = key.text();
    if (HAVE_KEYS.contains(file)) {
      values.error(key, path, "own-key", file + " has a key of its own below cgroup", "");
      return false;
    }
    boolean named = file.indexOf('.') > 0 && file.length() <= 255 && !file.endsWith(".");
    for (int i = 0; i < file.length(); i++) {
      char c = file.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      named &= letter || (c >= '0' && c <= '9') || c == '.' || c == '_';
    }
    if (!named || file.contains("..")) {
      String hint = "write it like hugetlb.2MB.max: VALUE";
      values.error(key, path, "unified", "\"" + file + "\" is no file of a controller", hint);
      return false;
    }
    if (file.startsWith("cgroup.") && !CORE.contains(file)) {
      String hint = "of the core's files, " + String.join(" and ", CORE) + " are limits";
      context
          .problems()
          .error(key.origin().withKeyPath(path), "unified", file + " is no limit", hint);
      return false;
    }
    return true;
  }
}
