package jstack.program;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.diag.Origin;

/**
 * What differs between two programs, as the keys of a manifest that made them so; limits are told
 * by {@link LimitChanges}.
 */
public final class ProgramDiff {
  private ProgramDiff() {}

  private record Fact(String value, Origin origin) {}

  /** In the order of the new program, then what only the old one had. */
  public static List<Change> between(Program old, Program wanted) {
    Map<String, Fact> before = facts(old);
    Map<String, Fact> after = facts(wanted);
    Set<String> keys = new LinkedHashSet<>(after.keySet());
    keys.addAll(before.keySet());
    List<Change> changes = new ArrayList<>();
    for (String key : keys) {
      Fact was = before.getOrDefault(key, new Fact("", Origin.NONE));
      Fact is = after.getOrDefault(key, new Fact("", Origin.NONE));
      if (!was.value().equals(is.value())) {
        Origin origin = after.containsKey(key) ? is.origin() : was.origin();
        changes.add(new Change(origin, key, was.value(), is.value()));
      }
    }
    return changes;
  }

  private static Map<String, Fact> facts(Program program) {
    Map<String, Fact> facts = new LinkedHashMap<>();
    Map<Integer, String> sources = new LinkedHashMap<>();
    for (Step step : program.steps()) {
      add(facts, sources, step);
    }
    return facts;
  }

  private static void add(Map<String, Fact> facts, Map<Integer, String> sources, Step step) {
    Instruction instruction = step.instruction();
    if (instruction instanceof Instruction.Environment environment) {
      for (String variable : environment.variables()) {
        int equals = variable.indexOf('=');
        String key = "environment." + variable.substring(0, equals);
        put(facts, key, variable.substring(equals + 1), step);
      }
    } else if (instruction instanceof Instruction.Exec exec) {
      put(facts, "command", exec.argv().toString(), step);
    } else if (instruction instanceof Instruction.Seccomp seccomp) {
      String digest = SeccompText.digest(Bpf.ofBase64(seccomp.filter()));
      put(facts, "security_opt", "seccomp filter " + digest, step);
    } else if (instruction instanceof Instruction.OpenTree tree) {
      String readOnly = (tree.set() & 1) == 1 ? ":ro" : "";
      sources.put(tree.slot(), tree.source() + readOnly);
    } else if (instruction instanceof Instruction.MountTree tree) {
      String source = sources.getOrDefault(tree.slot(), "");
      put(facts, "mounts[" + tree.target() + "]", source, step);
    } else if (instruction instanceof Instruction.MountNew mount
        && step.origin().keyPath().contains(".mounts[")) {
      String key = "mounts[" + mount.target() + "]";
      put(facts, key, mount.type() + " " + String.join(",", mount.options()), step);
    } else if (instruction instanceof Instruction.Write) {
      return; // A limit: LimitChanges tells.
    } else if (instruction instanceof Instruction.MakeDir
        || instruction instanceof Instruction.MakeFile) {
      return; // The place of a mount, which says more of itself.
    } else if (instruction instanceof Instruction.MountHost mount) {
      if (mount.type().equals("overlay")) {
        put(facts, "rootfs", mount.data(), step);
      }
    } else {
      // Whatever else there is: the key that asked for it, and all its arguments together.
      String key = lastKey(step);
      String value = instruction.op() + " " + String.join(" ", instruction.arguments());
      Fact known = facts.get(key);
      String all = known == null ? plain(instruction) : join(known.value(), value);
      facts.put(key, new Fact(all, step.origin()));
    }
  }

  /** One instruction alone under its key: its arguments say it all. */
  private static String plain(Instruction instruction) {
    String text = String.join(" ", instruction.arguments());
    return text.isEmpty() ? instruction.op() : text;
  }

  private static String join(String known, String more) {
    return known + "; " + more;
  }

  private static void put(Map<String, Fact> facts, String key, String value, Step step) {
    facts.put(key, new Fact(value, step.origin()));
  }

  private static String lastKey(Step step) {
    String path = step.origin().keyPath();
    int service = path.startsWith("services.") ? path.indexOf('.', "services.".length()) : -1;
    if (service < 0) {
      return path.startsWith("cgroup.") ? "the stack's " + path : "the container's own set-up";
    }
    return path.substring(service + 1);
  }
}
