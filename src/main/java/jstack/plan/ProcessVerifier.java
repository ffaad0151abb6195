package jstack.plan;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jstack.linux.Capability;
import jstack.linux.ResourceLimit;
import jstack.program.Instruction;
import jstack.program.NamespaceInstruction;
import jstack.program.ProcessInstruction;
import jstack.program.Program;
import jstack.program.Step;
import jstack.state.KernelView;

/**
 * Who the command is and what it may do: its walls must still stand. What a process may give up by
 * itself, such as a capability or the rest of a limit, is no drift; what it could only have been
 * given is.
 */
final class ProcessVerifier {
  private final KernelView kernel;
  private final long init;
  private final long command;
  private final DriftList drifts;
  private final Map<String, String> status = new LinkedHashMap<>();

  ProcessVerifier(KernelView kernel, long init, long command, DriftList drifts) {
    this.kernel = kernel;
    this.init = init;
    this.command = command;
    this.drifts = drifts;
  }

  void verify(Program program) {
    for (String line : kernel.proc(command, "status").lines().toList()) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        status.put(line.substring(0, colon), line.substring(colon + 1).strip());
      }
    }
    if (status.isEmpty()) {
      return; // It has ended meanwhile.
    }
    long may = program.all(ProcessInstruction.Bounding.class).mapToLong(b -> b.mask()).sum();
    for (Step step : program.steps()) {
      Instruction instruction = step.instruction();
      if (instruction instanceof ProcessInstruction.Bounding bounding) {
        capabilities("CapBnd", bounding.mask(), step);
      } else if (instruction instanceof ProcessInstruction.Capabilities capabilities) {
        capabilities("CapPrm", capabilities.permitted(), step);
        capabilities("CapEff", capabilities.effective(), step);
        capabilities("CapInh", capabilities.inheritable(), step);
        capabilities("CapAmb", capabilities.ambient(), step);
      } else if (instruction instanceof ProcessInstruction.NoNewPrivileges) {
        equal("security_opt", "no-new-privileges", "NoNewPrivs", "1", step);
      } else if (instruction instanceof ProcessInstruction.Seccomp) {
        equal("security_opt", "a seccomp filter", "Seccomp", "2", step);
      } else if (instruction instanceof ProcessInstruction.User user) {
        user(user, may, step);
      } else if (instruction instanceof NamespaceInstruction.NewUser map) {
        ids("uid_map", map.uids(), step);
        ids("gid_map", map.gids(), step);
      } else if (instruction instanceof ProcessInstruction.Rlimit limit) {
        limit(limit.resource(), limit.hard(), step);
      } else if (instruction instanceof ProcessInstruction.LowerRlimit limit) {
        limit(limit.resource(), limit.hard(), step);
      }
    }
  }

  private void equal(String key, String what, String field, String wanted, Step step) {
    String seen = status.getOrDefault(field, "");
    if (!seen.equals(wanted) && !seen.isEmpty()) {
      drifts.add(key, what, "none", step);
    }
  }

  private void capabilities(String field, long wanted, Step step) {
    long seen = Long.parseUnsignedLong(status.getOrDefault(field, "0"), 16);
    List<Capability> more = Capability.of(seen & ~wanted);
    if (!more.isEmpty()) {
      String given = words(Capability.of(wanted));
      drifts.add(
          "capabilities", given.isEmpty() ? "none" : given, words(more) + " in " + field, step);
    }
  }

  private static String words(List<Capability> capabilities) {
    StringBuilder out = new StringBuilder();
    capabilities.forEach(c -> out.append(out.isEmpty() ? "" : " ").append(c.name()));
    return out.toString();
  }

  /** Numbers alone: a name is the container's own, which may have written it anew. */
  private void user(ProcessInstruction.User user, long may, Step step) {
    String[] words = user.user().split(":", -1);
    boolean changes = (may & Capability.mask(List.of(Capability.SETUID))) != 0;
    if (changes || !words[0].matches("[0-9]{1,10}")) {
      return; // It may become whom it likes.
    }
    long wanted = Long.parseLong(words[0]);
    Optional<Long> outside = outside(wanted);
    String[] seen = status.getOrDefault("Uid", "").split("\\s+", -1);
    if (outside.isPresent() && seen.length > 1 && !seen[1].equals(outside.get().toString())) {
      drifts.add("user", wanted + ", " + outside.get() + " outside", seen[1] + " outside", step);
    }
  }

  /** Which id of the machine stands for one inside; see user_namespaces(7). */
  private Optional<Long> outside(long inside) {
    for (String line : kernel.proc(init, "uid_map").lines().toList()) {
      String[] words = line.strip().split("\\s+", -1);
      if (words.length == 3) {
        long from = Long.parseLong(words[0]);
        if (inside >= from && inside - from < Long.parseLong(words[2])) {
          return Optional.of(Long.parseLong(words[1]) + inside - from);
        }
      }
    }
    return Optional.empty();
  }

  private void ids(String file, String wanted, Step step) {
    StringBuilder seen = new StringBuilder();
    for (String line : kernel.proc(init, file).lines().toList()) {
      seen.append(seen.isEmpty() ? "" : ",").append(line.strip().replaceAll("\\s+", " "));
    }
    if (!seen.toString().equals(wanted) && !seen.isEmpty()) {
      drifts.add("namespaces.user." + file, wanted, seen.toString(), step);
    }
  }

  /** It may lower them itself, but for root nobody raises a hard one. */
  private void limit(int resource, long hard, Step step) {
    ResourceLimit.Seen seen =
        ResourceLimit.of(resource)
            .flatMap(kind -> kind.find(kernel.proc(command, "limits")))
            .orElse(null);
    if (seen == null) {
      return;
    }
    boolean more = Long.compareUnsigned(seen.hard(), hard) > 0;
    if (more) {
      String key = "ulimits." + ResourceLimit.of(resource).orElseThrow().key();
      String wanted = "at most " + Long.toUnsignedString(hard);
      drifts.add(key, wanted, ResourceLimit.text(seen.hard()), step);
    }
  }
}
