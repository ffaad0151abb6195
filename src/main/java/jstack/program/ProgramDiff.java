package jstack.program;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.diag.Origin;
import jstack.diag.SourceTexts;
import jstack.linux.Capability;
import jstack.linux.Signal;
import jstack.manifest.ByteSize;

/**
 * What differs between two programs, as the keys of a manifest that made them so; limits are told
 * by {@link LimitChanges}.
 */
public final class ProgramDiff {
  private ProgramDiff() {}

  /** What stands for a value that nobody is shown. */
  private static final String SECRET = "***";

  /** Where unpacked trees lie, by the digest of their archive. */
  private static final String DIGESTS = "/rootfs/sha256/";

  private static final String OWN = "the container's own set-up";

  /** What one instruction says of a key, and what it costs when it says something else. */
  private record Part(String value, ChangeClass cost) {}

  /**
   * @param parts what is compared
   * @param shown what is told of it
   */
  private record Fact(List<Part> parts, String shown, Origin origin) {
    static final Fact NONE = new Fact(List.of(), "", Origin.NONE);

    Fact {
      parts = List.copyOf(parts);
    }

    String value() {
      List<String> values = new ArrayList<>();
      parts.forEach(part -> values.add(part.value()));
      return String.join("; ", values);
    }

    /** Without what another fact says, too. */
    Fact without(Fact other) {
      List<Part> own = new ArrayList<>(parts);
      own.removeAll(other.parts());
      return new Fact(own, shown, origin);
    }
  }

  /** In the order of the new program, then what only the old one had. */
  public static List<Change> between(Program old, Program wanted) {
    Map<String, Fact> before = facts(old);
    Map<String, Fact> after = facts(wanted);
    Set<String> keys = new LinkedHashSet<>(after.keySet());
    keys.addAll(before.keySet());
    List<Change> changes = new ArrayList<>();
    for (String key : keys) {
      Fact was = before.getOrDefault(key, Fact.NONE);
      Fact is = after.getOrDefault(key, Fact.NONE);
      if (!was.parts().equals(is.parts())) {
        Origin origin = after.containsKey(key) ? is.origin() : was.origin();
        changes.add(change(key, origin, was, is));
      }
    }
    return changes;
  }

  private static Change change(String key, Origin origin, Fact was, Fact is) {
    Fact gone = was.without(is);
    Fact come = is.without(was);
    ChangeClass cost = ChangeClass.NONE;
    for (Fact side : List.of(gone, come)) {
      for (Part part : side.parts()) {
        cost = cost.and(part.cost());
      }
    }
    if (!was.shown().equals(is.shown()) || was.shown().contains(SECRET)) {
      return new Change(origin, key, was.shown(), is.shown(), cost);
    }
    return new Change(origin, key, gone.value(), come.value(), cost);
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
    if (instruction instanceof ProcessInstruction.Environment environment) {
      for (String variable : environment.variables()) {
        int equals = variable.indexOf('=');
        String name = variable.substring(0, equals);
        String value = variable.substring(equals + 1);
        String shown = SourceTexts.isSecretName(name) ? SECRET : value;
        put(facts, "environment." + name, value, shown, step);
      }
    } else if (instruction instanceof SupervisorInstruction.Enter) {
      return; // As the namespaces are, which say it themselves.
    } else if (instruction instanceof SupervisorInstruction.Task task) {
      List<String> argv = task.words().subList(task.variables() + 1, task.words().size());
      String all = task.words() + task.user() + task.workingDir();
      put(facts, lastKey(step), all, argv + asWhom(task), step);
    } else if (instruction instanceof SupervisorInstruction.Health health) {
      put(facts, lastKey(step), words(health), step);
    } else if (instruction instanceof SupervisorInstruction.Restart restart) {
      String most = restart.most() > 0 ? ":" + restart.most() : "";
      String delay = restart.delayMillis() > 0 ? ", delay " + restart.delayMillis() + "ms" : "";
      String window = restart.windowMillis() > 0 ? ", window " + restart.windowMillis() + "ms" : "";
      String when = restart.when() == 1 ? "on-failure" : "always";
      put(facts, "restart", when + most + delay + window, step);
    } else if (instruction instanceof SupervisorInstruction.Note note) {
      put(facts, ofNote(note), note.value(), step);
    } else if (instruction instanceof SupervisorInstruction.Timeout timeout) {
      put(facts, "timeout", timeout.millis() + "ms", step);
    } else if (instruction instanceof ProcessInstruction.Exec exec) {
      put(facts, "command", exec.argv().toString(), step);
    } else if (instruction instanceof ProcessInstruction.Seccomp seccomp) {
      String digest = SeccompText.digest(Bpf.ofBase64(seccomp.filter()));
      put(facts, "security_opt", "seccomp filter " + digest, step);
    } else if (instruction instanceof ProcessInstruction.Capabilities capabilities) {
      List<Part> names = new ArrayList<>();
      for (Capability capability : Capability.of(capabilities.effective())) {
        names.add(new Part(capability.name(), ChangeClass.of(step)));
      }
      facts.put("capabilities", new Fact(names, "", step.origin()));
    } else if (instruction instanceof ProcessInstruction.Bounding) {
      return; // The same as the capabilities.
    } else if (instruction instanceof SupervisorInstruction.LogLimit limit) {
      String size = new ByteSize(limit.bytes()).toString();
      put(facts, "logging", "max-size " + size + ", max-file " + limit.files(), step);
    } else if (instruction instanceof SupervisorInstruction.Stop stop) {
      put(facts, "stop_signal", signal(stop.signal()), step);
      put(facts, "stop_grace_period", stop.graceMillis() + "ms", step);
    } else if (instruction instanceof ProcessInstruction.Umask umask) {
      put(facts, "umask", "0" + Integer.toOctalString(umask.mask()), step);
    } else if (instruction instanceof HostInstruction.ReadFile file) {
      put(facts, file.what(), StoredName.content(file.file()), step);
    } else if (instruction instanceof MountInstruction.PlaceFile file) {
      String owner = file.owner() + " " + Integer.toOctalString(file.mode());
      put(facts, "secrets[" + file.path() + "]", owner, step);
    } else if (instruction instanceof MountInstruction.OpenTree tree
        && StoredName.is(tree.source())) {
      put(
          facts,
          "config " + StoredName.name(tree.source()),
          StoredName.content(tree.source()),
          step);
      sources.put(tree.slot(), StoredName.owner(tree.source()));
    } else if (instruction instanceof MountInstruction.OpenTree tree) {
      String readOnly = (tree.set() & 1) == 1 ? ":ro" : "";
      sources.put(tree.slot(), tree.source() + readOnly);
    } else if (instruction instanceof MountInstruction.MountTree tree) {
      String source = sources.getOrDefault(tree.slot(), "");
      put(facts, "mounts[" + tree.target() + "]", source, step);
    } else if (instruction instanceof MountInstruction.MountNew mount
        && step.origin().keyPath().contains(".mounts[")) {
      String key = "mounts[" + mount.target() + "]";
      put(facts, key, mount.type() + " " + String.join(",", mount.options()), step);
    } else if (instruction instanceof HostInstruction.Write) {
      return; // A limit: LimitChanges tells.
    } else if (instruction instanceof MountInstruction.MakeDir
        || instruction instanceof MountInstruction.MakeFile
        || instruction instanceof MountInstruction.InheritOwner) {
      return; // The place of a mount, which says more of itself.
    } else if (instruction instanceof MountInstruction.MountHost mount) {
      if (mount.type().equals("overlay")) {
        put(facts, "rootfs", mount.data(), rootfs(mount), step);
      }
    } else {
      // Whatever else there is: the key that asked for it, and all its arguments together.
      String key = lastKey(step);
      Fact known = facts.getOrDefault(key, Fact.NONE);
      List<Part> parts = new ArrayList<>(known.parts());
      parts.add(new Part(plain(instruction), ChangeClass.of(step)));
      facts.put(key, new Fact(parts, known.shown(), step.origin()));
    }
  }

  private static String ofNote(SupervisorInstruction.Note note) {
    return note.kind().equals(SupervisorInstruction.Note.CONTENT)
        ? "mounts[" + note.name() + "] content"
        : note.kind() + "s." + note.name();
  }

  private static String asWhom(SupervisorInstruction.Task task) {
    String user = task.user().isEmpty() ? "" : " as " + task.user();
    String directory = task.workingDir().isEmpty() ? "" : " in " + task.workingDir();
    List<String> variables = new ArrayList<>();
    for (String variable : task.words().subList(0, task.variables())) {
      String name = variable.substring(0, variable.indexOf('='));
      variables.add(SourceTexts.isSecretName(name) ? name + "=" + SECRET : variable);
    }
    return user + directory + (variables.isEmpty() ? "" : " with " + variables);
  }

  private static String words(SupervisorInstruction.Health health) {
    String then = List.of("none", "restart", "stop").get(health.onFailure());
    return ("interval %dms, timeout %dms, retries %d, start_period %dms,"
            + " start_interval %dms, on_failure %s")
        .formatted(
            health.interval(),
            health.timeout(),
            health.retries(),
            health.startPeriod(),
            health.startInterval(),
            then);
  }

  /** Its arguments, behind its name where those do not say what they are. */
  private static String plain(Instruction instruction) {
    String text = String.join(" ", instruction.arguments());
    boolean says =
        instruction instanceof SupervisorInstruction.Terminal
            || instruction instanceof SupervisorInstruction.Stdin
            || instruction instanceof NamespaceInstruction.Hostname
            || instruction instanceof NamespaceInstruction.Domainname
            || instruction instanceof ProcessInstruction.User
            || instruction instanceof ProcessInstruction.WorkingDir;
    return says ? text : text.isEmpty() ? instruction.op() : instruction.op() + " " + text;
  }

  private static String signal(int number) {
    return Signal.of(number).map(Signal::toString).orElse(Integer.toString(number));
  }

  /** The digest of the tree, if that is where it lies. */
  private static String rootfs(MountInstruction.MountHost overlay) {
    int at = overlay.data().indexOf(DIGESTS);
    if (at < 0) {
      return overlay.data();
    }
    int start = at + DIGESTS.length();
    int end = overlay.data().indexOf('/', start);
    return "sha256:" + overlay.data().substring(start, end < 0 ? overlay.data().length() : end);
  }

  private static void put(Map<String, Fact> facts, String key, String value, Step step) {
    put(facts, key, value, value, step);
  }

  private static void put(
      Map<String, Fact> facts, String key, String value, String shown, Step step) {
    List<Part> parts = List.of(new Part(value, ChangeClass.of(step)));
    facts.put(key, new Fact(parts, shown, step.origin()));
  }

  private static String lastKey(Step step) {
    String path = step.origin().keyPath();
    boolean inService = path.startsWith("services.") || path.startsWith("jobs.");
    int service = inService ? path.indexOf('.', path.indexOf('.') + 1) : -1;
    if (service < 0) {
      return path.startsWith("cgroup.") ? "the stack's " + path : OWN;
    }
    return path.substring(service + 1);
  }
}
