package jstack.manifest;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.diag.Problems;
import jstack.diag.SourceTexts;
import jstack.diag.Suggestion;
import jstack.linux.Architecture;
import jstack.linux.Capability;
import jstack.linux.Errno;
import jstack.linux.SeccompAction;
import jstack.linux.SeccompCondition;
import jstack.linux.SeccompCondition.Comparison;
import jstack.linux.SeccompPolicy;
import jstack.linux.SyscallTable;
import jstack.manifest.yaml.Node;
import jstack.manifest.yaml.YamlReader;
import org.jspecify.annotations.Nullable;

/**
 * A seccomp profile in Docker's format, JSON, which is read as the YAML that it also is: so each
 * mistake has its line. Unlike there, nothing in it is ignored.
 *
 * <pre>
 * {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]}
 * </pre>
 */
public final class ProfileReader {
  private static final List<String> TOP =
      List.of(
          "defaultAction",
          "defaultErrnoRet",
          "defaultErrno",
          "archMap",
          "architectures",
          "syscalls",
          "flags",
          "comment");
  private static final List<String> RULE =
      List.of(
          "names",
          "name",
          "action",
          "errnoRet",
          "errno",
          "args",
          "comment",
          "includes",
          "excludes");
  private static final List<String> ARGUMENT = List.of("index", "value", "valueTwo", "op");
  private static final List<String> FILTER = List.of("caps", "arches", "minKernel");
  private static final List<String> ARCH_MAP = List.of("architecture", "subArchitectures");

  private static final Map<String, SeccompAction> ACTIONS =
      Map.of(
          "SCMP_ACT_ALLOW", SeccompAction.ALLOW,
          "SCMP_ACT_LOG", SeccompAction.LOG,
          "SCMP_ACT_TRAP", SeccompAction.TRAP,
          "SCMP_ACT_KILL", SeccompAction.KILL_THREAD,
          "SCMP_ACT_KILL_THREAD", SeccompAction.KILL_THREAD,
          "SCMP_ACT_KILL_PROCESS", SeccompAction.KILL_PROCESS,
          "SCMP_ACT_ERRNO", SeccompAction.REFUSE,
          "SCMP_ACT_TRACE", SeccompAction.trace(Errno.EPERM));

  /** SECCOMP_FILTER_FLAG_* of seccomp(2); the container has one thread when it gets its filter. */
  private static final Map<String, Long> FLAGS =
      Map.of(
          "SECCOMP_FILTER_FLAG_TSYNC", 0L,
          "SECCOMP_FILTER_FLAG_LOG", 2L,
          "SECCOMP_FILTER_FLAG_SPEC_ALLOW", 4L);

  /** Arguments of which the kernel takes 32 bits: a high half must not get past a comparison. */
  private static final Map<String, Integer> HALVES =
      Map.of("ioctl", 1, "socket", 0, "socketpair", 0, "personality", 0, "clone", 0);

  private final Problems problems;
  private final HostPath file;
  private final String name;
  private final SyscallTable table = SyscallTable.of(Architecture.X86_64);
  private final Map<String, Node> unconditional = new HashMap<>();
  private final Map<String, SeccompAction> actions = new HashMap<>();

  /**
   * @param name what the user calls the file
   */
  public ProfileReader(Problems problems, HostPath file, String name) {
    this.problems = problems;
    this.file = file;
    this.name = name;
  }

  public Seccomp.Profile read(String text) {
    // Tabs of JSON are blanks; YAML has none there. Inside its strings JSON has no tab.
    String plain = text.replace('\t', ' ');
    Node.Mapping top;
    try {
      top = YamlReader.read(plain, SourceTexts.split(plain), name);
    } catch (DiagnosticException e) {
      throw new DiagnosticException(Failure.MANIFEST, reworded(e));
    }
    known(top, TOP);
    Node action = find(top, "defaultAction");
    if (action == null) {
      error(top, "missing-key", "a seccomp profile needs `defaultAction`", "");
    }
    architectures(top);
    List<Seccomp.ProfileRule> rules = new ArrayList<>();
    for (Node item : items(top, "syscalls")) {
      rule(item, rules);
    }
    SeccompAction otherwise =
        action == null ? SeccompAction.REFUSE : action(action, top, "defaultErrno");
    return new Seccomp.Profile(file, Sha256.of(text).hex(), flags(top), otherwise, rules);
  }

  /** The reader of manifests, about a file that is none. */
  private List<Diagnostic> reworded(DiagnosticException e) {
    List<Diagnostic> all = new ArrayList<>();
    for (Diagnostic each : e.diagnostics()) {
      boolean manifest = each.code().equals("empty") || each.code().equals("top-level");
      all.add(
          manifest
              ? Diagnostic.error(
                      each.origin(), each.code(), "a seccomp profile is a JSON object, { ... }")
                  .withHint("see docs.docker.com/engine/security/seccomp")
              : each);
    }
    return all;
  }

  private void rule(Node item, List<Seccomp.ProfileRule> into) {
    if (!(item instanceof Node.Mapping rule)) {
      error(item, "type", "a rule must be a mapping, not " + item.kind(), "");
      return;
    }
    known(rule, RULE);
    Node actionNode = find(rule, "action");
    if (actionNode == null) {
      error(rule, "missing-key", "a rule needs `action`", "");
      return;
    }
    SeccompAction action = action(actionNode, rule, "errno");
    List<SeccompPolicy.Rule> rules = new ArrayList<>();
    List<Node> names = new ArrayList<>(items(rule, "names"));
    Node single = find(rule, "name");
    if (single != null) {
      names.add(single);
    }
    if (names.isEmpty()) {
      error(rule, "missing-key", "a rule needs `names`", "");
    }
    boolean always = find(rule, "includes") == null && find(rule, "excludes") == null;
    for (Node node : names) {
      String call = text(node);
      if (call == null) {
        continue;
      }
      if (!table.knows(call)) {
        problems.warning(
            node.origin(),
            "unknown-syscall",
            "no system call is called \""
                + call
                + "\""
                + Suggestion.among(call, table.names().values()));
        continue;
      }
      List<SeccompCondition> conditions = conditions(rule, call);
      if (conditions.isEmpty() && always) {
        once(call, node, action);
      }
      rules.add(new SeccompPolicy.Rule(call, conditions, action));
    }
    into.add(new Seccomp.ProfileRule(rules, filter(rule, "includes"), filter(rule, "excludes")));
  }

  /** Two actions for all calls of a kind: which is meant? */
  private void once(String call, Node node, SeccompAction action) {
    SeccompAction before = actions.putIfAbsent(call, action);
    Node first = unconditional.putIfAbsent(call, node);
    if (before != null && first != null && !before.equals(action)) {
      error(
          node,
          "conflict",
          call + " has another action already, at line " + first.origin().line(),
          "");
    }
  }

  private List<SeccompCondition> conditions(Node.Mapping rule, String call) {
    List<SeccompCondition> conditions = new ArrayList<>();
    for (Node item : items(rule, "args")) {
      if (!(item instanceof Node.Mapping argument)) {
        error(item, "type", "an argument must be a mapping, not " + item.kind(), "");
        continue;
      }
      known(argument, ARGUMENT);
      long index = number(argument, "index", 5);
      Node op = find(argument, "op");
      Comparison is = op == null ? null : comparison(op);
      if (op == null) {
        error(argument, "missing-key", "an argument needs `op`", "");
      }
      if (is != null) {
        long value = number(argument, "value", -1);
        boolean masked = is == Comparison.MASKED_EQ;
        long two = masked ? number(argument, "valueTwo", -1) : 0;
        boolean half =
            HALVES.getOrDefault(call, -1) == index && value >>> 32 == 0 && two >>> 32 == 0;
        conditions.add(
            masked
                ? new SeccompCondition((int) index, !half, is, value, two)
                : new SeccompCondition((int) index, !half, is, -1, value));
      }
    }
    return conditions;
  }

  private @Nullable Comparison comparison(Node node) {
    String text = text(node);
    List<String> known = new ArrayList<>();
    for (Comparison each : Comparison.values()) {
      if (("SCMP_CMP_" + each).equals(text)) {
        return each;
      }
      known.add("SCMP_CMP_" + each);
    }
    if (text != null) {
      unknown(node, "operator", text, known);
    }
    return null;
  }

  /** The action that a node names, with the errno beside it under {@code errno} or errno + Ret. */
  private SeccompAction action(Node node, Node.Mapping beside, String errno) {
    String text = text(node);
    SeccompAction action = text == null ? null : ACTIONS.get(text);
    if (text != null && text.equals("SCMP_ACT_NOTIFY")) {
      error(node, "unsupported", "nobody listens to SCMP_ACT_NOTIFY under jstack", "");
      return SeccompAction.REFUSE;
    }
    if (action == null) {
      if (text != null) {
        unknown(node, "action", text, ACTIONS.keySet().stream().sorted().toList());
      }
      return SeccompAction.REFUSE;
    }
    boolean trace = "SCMP_ACT_TRACE".equals(text);
    int data = action.data();
    Node named = find(beside, errno);
    if (find(beside, errno + "Ret") != null) {
      data = (int) number(beside, errno + "Ret", trace ? 0xffff : 4095);
    } else if (named != null) {
      String word = String.valueOf(text(named));
      OptionalInt found = Errno.number(word);
      if (found.isEmpty()) {
        error(named, "errno", "no error is called \"" + word + "\"", "write its number: errnoRet");
      }
      data = found.orElse(Errno.EPERM);
    }
    return trace
        ? SeccompAction.trace(data)
        : action.isErrno() ? SeccompAction.errno(data) : action;
  }

  private Seccomp.Filter filter(Node.Mapping rule, String key) {
    Node node = find(rule, key);
    if (node == null) {
      return Seccomp.Filter.NONE;
    }
    if (!(node instanceof Node.Mapping filter)) {
      error(node, "type", "must be a mapping, not " + node.kind(), "");
      return Seccomp.Filter.NONE;
    }
    known(filter, FILTER);
    List<Capability> capabilities = new ArrayList<>();
    for (Node item : items(filter, "caps")) {
      String text = String.valueOf(text(item));
      try {
        capabilities.add(
            Capability.valueOf(text.toUpperCase(Locale.ROOT).replaceFirst("^CAP_", "")));
      } catch (IllegalArgumentException e) {
        error(item, "capability", "no capability is called \"" + text + "\"", "");
      }
    }
    List<String> architectures = new ArrayList<>();
    for (Node item : items(filter, "arches")) {
      architectures.add(String.valueOf(text(item)));
    }
    Node kernel = find(filter, "minKernel");
    long least = kernel == null ? 0 : Seccomp.kernel(String.valueOf(text(kernel)));
    if (kernel != null && least == 0) {
      error(kernel, "version", "not a version of the kernel", "write it like \"4.8\"");
    }
    return new Seccomp.Filter(capabilities, architectures, least);
  }

  private long flags(Node.Mapping top) {
    long flags = 0;
    for (Node item : items(top, "flags")) {
      String text = text(item);
      Long flag = text == null ? null : FLAGS.get(text);
      if (text != null && flag == null) {
        unknown(item, "flag", text, FLAGS.keySet().stream().sorted().toList());
      }
      flags |= flag == null ? 0 : flag;
    }
    return flags;
  }

  /** The filter is for this machine's own calls alone; those of 32 bits end the process. */
  private void architectures(Node.Mapping top) {
    List<Node> named = new ArrayList<>(items(top, "architectures"));
    List<Node> below = new ArrayList<>();
    for (Node item : items(top, "archMap")) {
      if (!(item instanceof Node.Mapping map)) {
        error(item, "type", "must be a mapping, not " + item.kind(), "");
        continue;
      }
      known(map, ARCH_MAP);
      Node architecture = find(map, "architecture");
      if (architecture != null) {
        named.add(architecture);
        below = isOwn(architecture) ? items(map, "subArchitectures") : below;
      }
    }
    if (!named.isEmpty() && named.stream().noneMatch(ProfileReader::isOwn)) {
      error(named.get(0), "architecture", "the profile is not for this machine", "");
    }
    for (Node each : below.isEmpty() ? named : below) {
      if (each instanceof Node.Scalar scalar
          && List.of("SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_ARM").contains(scalar.text())) {
        problems.warning(
            each.origin(), "architecture", "32-bit calls stay closed, whatever the profile says");
        return;
      }
    }
  }

  private static boolean isOwn(Node node) {
    return node instanceof Node.Scalar scalar
        && Architecture.current()
            .map(own -> scalar.text().equals("SCMP_ARCH_" + own.name()))
            .orElse(false);
  }

  private void known(Node.Mapping mapping, List<String> keys) {
    for (Node.Entry entry : mapping.entries()) {
      String key = entry.key().text();
      if (!keys.contains(key)) {
        String message = "unknown key \"" + key + "\"" + Suggestion.among(key, keys);
        error(entry.key(), "unknown-key", message, "known here: " + String.join(", ", keys));
      }
    }
  }

  private static @Nullable Node find(Node.Mapping mapping, String key) {
    Node.Entry entry = mapping.find(key);
    if (entry == null || (entry.value() instanceof Node.Scalar scalar && scalar.isNull())) {
      return null;
    }
    return entry.value();
  }

  private List<Node> items(Node.Mapping mapping, String key) {
    Node node = find(mapping, key);
    if (node == null) {
      return List.of();
    }
    if (node instanceof Node.Sequence list) {
      return list.items();
    }
    error(node, "type", "must be a list, not " + node.kind(), "");
    return List.of();
  }

  private @Nullable String text(Node node) {
    if (node instanceof Node.Scalar scalar) {
      return scalar.text();
    }
    error(node, "type", "must be a string, not " + node.kind(), "");
    return null;
  }

  /**
   * An unsigned number; 0 when it is absent.
   *
   * @param max unsigned, too
   */
  private long number(Node.Mapping mapping, String key, long max) {
    Node node = find(mapping, key);
    String text = node == null ? null : text(node);
    if (node == null || text == null) {
      return 0;
    }
    try {
      long value = Long.parseUnsignedLong(text);
      if (Long.compareUnsigned(value, max) <= 0) {
        return value;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    String range = "a whole number from 0 to " + Long.toUnsignedString(max);
    error(node, "range", key + " must be " + range + ", not " + text, "");
    return 0;
  }

  private void unknown(Node node, String kind, String text, List<String> known) {
    String message = "unknown " + kind + " \"" + text + "\"" + Suggestion.among(text, known);
    error(node, kind, message, "one of " + String.join(", ", known));
  }

  private void error(Node node, String code, String message, String hint) {
    Origin origin = node.origin();
    problems.error(origin, code, message, hint);
  }
}
