package jstack.program;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import jstack.linux.Architecture;
import jstack.linux.SeccompAction;
import jstack.linux.SeccompCondition;
import jstack.linux.SeccompCondition.Comparison;
import jstack.linux.SeccompPolicy;
import jstack.linux.SyscallTable;

/**
 * A policy to a filter: first the machine, then the call's number by a balanced tree over ranges
 * that fare the same, then arguments where they matter. Whatever fares the same for all arguments
 * the kernel remembers per number and does not ask for again (since Linux 5.11).
 */
final class BpfCompiler {
  /** What becomes of a call: {@code rules} by its arguments, else {@code otherwise}. */
  private record Verdict(List<SeccompPolicy.Rule> rules, SeccompAction otherwise) {
    static Verdict of(SeccompAction action) {
      return new Verdict(List.of(), action);
    }
  }

  /** Unsigned numbers of calls from here to the next range. */
  private record Range(long from, Verdict verdict) {}

  private final BpfWriter code = new BpfWriter();

  private BpfCompiler() {}

  static Bpf compile(SeccompPolicy policy, Architecture architecture, SyscallTable table) {
    BpfCompiler compiler = new BpfCompiler();
    List<Range> ranges = ranges(verdicts(policy, table), policy, architecture);
    int wrong = compiler.code.end(SeccompAction.KILL_PROCESS.value());
    int tree = compiler.tree(ranges, 0, ranges.size());
    int number = compiler.code.before(tree, Bpf.LOAD, Bpf.NUMBER);
    int check = compiler.code.branch(Bpf.IF_EQUAL, architecture.audit(), number, wrong);
    compiler.code.before(check, Bpf.LOAD, Bpf.ARCHITECTURE);
    return compiler.code.toBpf();
  }

  private static NavigableMap<Integer, Verdict> verdicts(SeccompPolicy policy, SyscallTable table) {
    NavigableMap<Integer, Verdict> verdicts = new TreeMap<>();
    Map<String, List<SeccompPolicy.Rule>> byCall = new HashMap<>();
    for (SeccompPolicy.Rule rule : policy.rules()) {
      byCall.computeIfAbsent(rule.call(), call -> new ArrayList<>()).add(rule);
    }
    int newest = -1;
    for (Map.Entry<Integer, String> call : table.names().entrySet()) {
      List<SeccompPolicy.Rule> conditional = new ArrayList<>();
      SeccompAction otherwise = policy.otherwise();
      for (SeccompPolicy.Rule rule : byCall.getOrDefault(call.getValue(), List.of())) {
        newest = call.getKey();
        if (rule.conditions().isEmpty()) {
          otherwise = rule.action();
        } else {
          conditional.add(rule);
        }
      }
      verdicts.put(call.getKey(), simple(conditional, otherwise));
    }
    verdicts.tailMap(newest, false).clear();
    return verdicts;
  }

  /** Without the last rules that only say what happens anyway. */
  private static Verdict simple(List<SeccompPolicy.Rule> rules, SeccompAction otherwise) {
    int end = rules.size();
    while (end > 0 && rules.get(end - 1).action().equals(otherwise)) {
      end--;
    }
    return new Verdict(List.copyOf(rules.subList(0, end)), otherwise);
  }

  private static List<Range> ranges(
      Map<Integer, Verdict> verdicts, SeccompPolicy policy, Architecture architecture) {
    List<Range> ranges = new ArrayList<>();
    Verdict unknown = Verdict.of(policy.unknown());
    long next = 0;
    for (Map.Entry<Integer, Verdict> call : verdicts.entrySet()) {
      if (call.getKey() > next) {
        add(ranges, next, unknown);
      }
      add(ranges, call.getKey(), call.getValue());
      next = call.getKey() + 1L;
    }
    add(ranges, next, unknown);
    if (architecture == Architecture.X86_64) {
      add(ranges, Architecture.X32_BIT, Verdict.of(SeccompAction.ABSENT));
    }
    return ranges;
  }

  private static void add(List<Range> ranges, long from, Verdict verdict) {
    if (ranges.isEmpty() || !ranges.get(ranges.size() - 1).verdict().equals(verdict)) {
      ranges.add(new Range(from, verdict));
    }
  }

  private int tree(List<Range> ranges, int from, int to) {
    if (to - from == 1) {
      return leaf(ranges.get(from).verdict());
    }
    int middle = (from + to) / 2;
    int right = tree(ranges, middle, to);
    int left = tree(ranges, from, middle);
    return code.branch(Bpf.IF_AT_LEAST, (int) ranges.get(middle).from(), right, left);
  }

  private int leaf(Verdict verdict) {
    int place = code.end(verdict.otherwise().value());
    int loaded = -1;
    for (int i = verdict.rules().size() - 1; i >= 0; i--) {
      SeccompPolicy.Rule rule = verdict.rules().get(i);
      int action = code.end(rule.action().value());
      int word = onlyWord(rule);
      if (word >= 0) {
        // Rules about one word, one after the other, load it once.
        int value = (int) rule.conditions().get(0).value();
        int no = loaded == word ? place : unloaded(loaded, place);
        place = code.branch(Bpf.IF_EQUAL, value, action, no);
        loaded = word;
      } else {
        place = rule(rule, action, unloaded(loaded, place));
        loaded = -1;
      }
    }
    return unloaded(loaded, place);
  }

  /** The place of code that expects a word, with the word loaded. */
  private int unloaded(int word, int place) {
    return word < 0 ? place : code.before(place, Bpf.LOAD, word);
  }

  /**
   * The word that alone decides a rule by being equal to something; -1 when it is not so simple.
   */
  private static int onlyWord(SeccompPolicy.Rule rule) {
    SeccompCondition first = rule.conditions().get(0);
    boolean one = rule.conditions().size() == 1 && !first.whole();
    return one && first.is() == Comparison.EQ ? Bpf.low(first.argument()) : -1;
  }

  private int rule(SeccompPolicy.Rule rule, int action, int otherwise) {
    int place = action;
    for (int i = rule.conditions().size() - 1; i >= 0; i--) {
      place = condition(rule.conditions().get(i), place, otherwise);
    }
    return place;
  }

  private int condition(SeccompCondition c, int yes, int no) {
    return switch (c.is()) {
      case NE -> equal(c, -1L, no, yes);
      case EQ -> equal(c, -1L, yes, no);
      case MASKED_EQ -> equal(c, c.mask(), yes, no);
      case GT -> above(c, Bpf.IF_ABOVE, yes, no);
      case GE -> above(c, Bpf.IF_AT_LEAST, yes, no);
      case LE -> above(c, Bpf.IF_ABOVE, no, yes);
      case LT -> above(c, Bpf.IF_AT_LEAST, no, yes);
    };
  }

  private int equal(SeccompCondition c, long mask, int yes, int no) {
    int low = word(Bpf.low(c.argument()), (int) mask, (int) c.value(), yes, no);
    return c.whole()
        ? word(Bpf.high(c.argument()), (int) (mask >>> 32), (int) (c.value() >>> 32), low, no)
        : low;
  }

  private int word(int offset, int mask, int value, int yes, int no) {
    int compare = code.branch(Bpf.IF_EQUAL, value, yes, no);
    int masked = mask == -1 ? compare : code.before(compare, Bpf.AND, mask);
    return code.before(masked, Bpf.LOAD, offset);
  }

  /** The high half decides unless it is equal. */
  private int above(SeccompCondition c, int comparison, int yes, int no) {
    int low =
        code.before(
            code.branch(comparison, (int) c.value(), yes, no), Bpf.LOAD, Bpf.low(c.argument()));
    if (!c.whole()) {
      return low;
    }
    int high = (int) (c.value() >>> 32);
    int same = code.branch(Bpf.IF_EQUAL, high, low, no);
    int more = code.branch(Bpf.IF_ABOVE, high, yes, same);
    return code.before(more, Bpf.LOAD, Bpf.high(c.argument()));
  }
}
