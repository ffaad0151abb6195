package jstack.program;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.TreeSet;
import jstack.linux.Architecture;
import jstack.linux.SeccompAction;
import jstack.linux.SyscallTable;

/**
 * A filter in a line, for {@code explain}: how many calls fare how, read off the filter itself by
 * following every way through it.
 */
final class SeccompText {
  private final Bpf filter;
  private final Set<Integer> followed = new HashSet<>();

  private SeccompText(Bpf filter) {
    this.filter = filter;
  }

  static String describe(ProcessInstruction.Seccomp step) {
    Bpf filter = Bpf.ofBase64(step.filter());
    StringJoiner text = new StringJoiner(", ");
    for (Architecture architecture : Architecture.values()) {
      if (filter.ops().get(1).k() == architecture.audit()) {
        String known = step.filter().equals(CompiledFilter.of(architecture)) ? "default" : "own";
        text.add(known + " filter for " + architecture.name().toLowerCase(Locale.ROOT));
        new SeccompText(filter).count(architecture).forEach((fate, n) -> text.add(n + " " + fate));
      }
    }
    return text.add(filter.ops().size() + " BPF instructions")
        .add("sha256 " + digest(filter))
        .toString();
  }

  /** The beginning of the digest, enough to tell two filters from each other. */
  static String digest(Bpf filter) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(filter.bytes());
      return HexFormat.of().formatHex(digest, 0, 6);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Fates of the calls that have a name, with how many share each. */
  private Map<String, Integer> count(Architecture architecture) {
    Map<String, Integer> fates = new TreeMap<>();
    for (int number : SyscallTable.of(architecture).names().keySet()) {
      Set<Integer> ends = new TreeSet<>();
      followed.clear();
      follow(0, architecture.audit(), number, ends);
      fates.merge(fate(ends), 1, Integer::sum);
    }
    return fates;
  }

  private static String fate(Set<Integer> ends) {
    if (ends.size() > 1) {
      return "by argument";
    }
    SeccompAction action = new SeccompAction(ends.iterator().next());
    return action.equals(SeccompAction.ALLOW)
        ? "allowed"
        : action.isErrno() ? "refused with " + action : action.toString();
  }

  /** Which ends there are from an instruction on; arguments may be anything. */
  private void follow(int start, int architecture, int number, Set<Integer> ends) {
    if (!followed.add(start)) {
      return;
    }
    int register = 0;
    boolean known = false;
    for (int at = start; ; at++) {
      Bpf.Op op = filter.ops().get(at);
      switch (op.code()) {
        case Bpf.LOAD -> {
          known = op.k() <= Bpf.ARCHITECTURE;
          register = op.k() == Bpf.NUMBER ? number : architecture;
        }
        case Bpf.AND -> register &= op.k();
        case Bpf.JUMP -> at += op.k();
        case Bpf.RETURN -> {
          ends.add(op.k());
          return;
        }
        default -> {
          if (!known) {
            follow(at + 1 + op.ifTrue(), architecture, number, ends);
            follow(at + 1 + op.ifFalse(), architecture, number, ends);
            return;
          }
          at += holds(op, register) ? op.ifTrue() : op.ifFalse();
        }
      }
    }
  }

  private static boolean holds(Bpf.Op op, int register) {
    int order = Integer.compareUnsigned(register, op.k());
    return switch (op.code()) {
      case Bpf.IF_EQUAL -> order == 0;
      case Bpf.IF_ABOVE -> order > 0;
      default -> order >= 0;
    };
  }
}
