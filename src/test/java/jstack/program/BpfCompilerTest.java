package jstack.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import jstack.linux.Architecture;
import jstack.linux.Capability;
import jstack.linux.SeccompAction;
import jstack.linux.SeccompCondition;
import jstack.linux.SeccompCondition.Comparison;
import jstack.linux.SeccompPolicy;
import jstack.linux.SyscallTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A filter decides what its rules say, for every number and argument, whatever path it takes. */
class BpfCompilerTest {
  private static final long ALL = (1L << 41) - 1;
  private static final long DEFAULTS = Capability.mask(Capability.DEFAULTS);

  private static Bpf compile(SeccompPolicy policy, Architecture architecture) {
    return BpfCompiler.compile(policy, architecture, SyscallTable.of(architecture));
  }

  /** The rules read one after the other, as they are written. */
  private static final class Reader {
    private final SeccompPolicy policy;
    private final boolean x32;
    private final Map<Integer, List<SeccompPolicy.Rule>> rules = new TreeMap<>();
    private int newest = -1;

    Reader(SeccompPolicy policy, Architecture architecture) {
      this.policy = policy;
      this.x32 = architecture == Architecture.X86_64;
      SyscallTable.of(architecture)
          .names()
          .forEach(
              (number, name) -> {
                List<SeccompPolicy.Rule> its =
                    policy.rules().stream().filter(rule -> rule.call().equals(name)).toList();
                rules.put(number, its);
                newest = its.isEmpty() ? newest : number;
              });
    }

    SeccompAction decide(long number, long... arguments) {
      if (x32 && number >= 0x4000_0000L) {
        return SeccompAction.ABSENT;
      }
      List<SeccompPolicy.Rule> its = number > newest ? null : rules.get((int) number);
      if (its == null) {
        return policy.unknown();
      }
      SeccompAction last = policy.otherwise();
      for (SeccompPolicy.Rule rule : its) {
        if (rule.conditions().isEmpty()) {
          last = rule.action();
        } else if (rule.conditions().stream().allMatch(c -> holds(c, arguments))) {
          return rule.action();
        }
      }
      return last;
    }
  }

  private static boolean holds(SeccompCondition c, long... arguments) {
    long bits = c.whole() ? -1L : 0xffff_ffffL;
    long seen = arguments[c.argument()] & bits;
    int order = Long.compareUnsigned(seen, c.value() & bits);
    return switch (c.is()) {
      case NE -> order != 0;
      case LT -> order < 0;
      case LE -> order <= 0;
      case EQ -> order == 0;
      case GE -> order >= 0;
      case GT -> order > 0;
      case MASKED_EQ -> (seen & c.mask()) == (c.value() & bits);
    };
  }

  private static final long[] NUMBERS_BEYOND = {
    1000,
    0x3fff_ffffL,
    0x4000_0000L,
    0x4000_0027L,
    0x4000_0200L,
    0x7fff_ffffL,
    0x8000_0000L,
    0xffff_ffffL
  };

  private static List<long[]> arguments(SeccompPolicy policy, Random random) {
    List<long[]> all = new ArrayList<>();
    List<Long> interesting = new ArrayList<>(List.of(0L, 1L, -1L, 0xffff_ffffL, 1L << 32));
    for (SeccompPolicy.Rule rule : policy.rules()) {
      for (SeccompCondition c : rule.conditions()) {
        for (long near : new long[] {-1, 0, 1, 1L << 32, -1L << 32}) {
          interesting.add(c.value() + near);
        }
        interesting.add(c.mask());
        interesting.add(c.mask() & -c.mask());
        interesting.add(c.value() | ~c.mask());
      }
    }
    Collections.shuffle(interesting, random);
    for (long value : interesting.subList(0, Math.min(100, interesting.size()))) {
      all.add(new long[] {value, value, value, value, value, value});
    }
    for (int i = 0; i < 20; i++) {
      long[] mixed = new long[6];
      for (int k = 0; k < 6; k++) {
        mixed[k] = interesting.get(random.nextInt(interesting.size()));
      }
      all.add(mixed);
    }
    return all;
  }

  private static void check(SeccompPolicy policy, Architecture architecture, long seed) {
    Bpf filter = compile(policy, architecture);
    BpfMachine machine = new BpfMachine(filter);
    Reader reader = new Reader(policy, architecture);
    List<long[]> arguments = arguments(policy, new Random(seed));
    List<Long> numbers = new ArrayList<>();
    for (long number = 0; number <= 600; number++) {
      numbers.add(number);
    }
    for (long number : NUMBERS_BEYOND) {
      numbers.add(number);
    }
    for (long number : numbers) {
      for (long[] each : arguments) {
        int expected = reader.decide(number, each).value();
        int seen = machine.run(architecture.audit(), (int) number, each);
        if (seen != expected) {
          String call = Long.toHexString(number) + "(" + Long.toHexString(each[0]) + ", ";
          fail("%s: %s...) %x, not %x; seed %d", architecture, call, seen, expected, seed);
        }
      }
    }
    for (Bpf.Op op : filter.ops()) {
      assertThat(op.ifTrue()).isBetween(0, 255);
      assertThat(op.ifFalse()).isBetween(0, 255);
    }
    assertThat(filter.ops()).hasSizeLessThan(Bpf.LONGEST);
    assertThat(Bpf.ofBase64(filter.base64())).isEqualTo(filter);
  }

  @ParameterizedTest
  @EnumSource(Architecture.class)
  void theDefaultFilterDecidesAsItsTableForEveryNumberAndArgument(Architecture architecture) {
    check(DefaultPolicy.of(DEFAULTS), architecture, 1);
    check(DefaultPolicy.of(ALL), architecture, 2);
    for (Capability capability : Capability.values()) {
      long with = DEFAULTS | Capability.mask(List.of(capability));
      if (!DefaultPolicy.of(with).equals(DefaultPolicy.of(DEFAULTS))) {
        check(DefaultPolicy.of(with), architecture, 3);
      }
    }
  }

  @Test
  void anyOtherPolicyIsCompiledAsTruly() {
    long seed = System.nanoTime();
    System.out.println("policies of seed " + seed);
    Random random = new Random(seed);
    List<String> names =
        List.copyOf(SyscallTable.of(Architecture.X86_64).names().values()).subList(0, 360);
    List<SeccompAction> actions =
        List.of(
            SeccompAction.ALLOW,
            SeccompAction.REFUSE,
            SeccompAction.ABSENT,
            SeccompAction.LOG,
            SeccompAction.TRAP,
            SeccompAction.errno(22),
            SeccompAction.trace(7));
    for (int round = 0; round < 12; round++) {
      List<SeccompPolicy.Rule> rules = new ArrayList<>();
      // The last rounds are longer than any jump of one instruction.
      for (int i = 0; i < (round < 8 ? 30 : 400); i++) {
        List<SeccompCondition> conditions = new ArrayList<>();
        for (int c = random.nextInt(4); c > 0; c--) {
          long value = random.nextBoolean() ? random.nextInt(40) : random.nextLong();
          Comparison is = Comparison.values()[random.nextInt(7)];
          long mask = is == Comparison.MASKED_EQ ? random.nextLong() : -1;
          conditions.add(
              new SeccompCondition(
                  random.nextInt(6), random.nextBoolean(), is, mask, value & mask));
        }
        rules.add(
            new SeccompPolicy.Rule(
                names.get(random.nextInt(names.size())),
                conditions,
                actions.get(random.nextInt(actions.size()))));
      }
      SeccompAction otherwise = actions.get(random.nextInt(actions.size()));
      SeccompPolicy policy = new SeccompPolicy(otherwise, rules);
      check(policy, Architecture.X86_64, seed);
    }
  }

  @ParameterizedTest
  @EnumSource(Architecture.class)
  void anotherMachinesCallEndsTheProcess(Architecture architecture) {
    BpfMachine machine = new BpfMachine(compile(DefaultPolicy.of(ALL), architecture));
    int i386 = 0x40000003;
    for (int audit : new int[] {i386, 0x40000028, 0, -1}) {
      for (int number = 0; number < 600; number++) {
        assertThat(machine.run(audit, number)).isEqualTo(SeccompAction.KILL_PROCESS.value());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Architecture.class)
  void theTreeIsShallowAndItsProgramSmall(Architecture architecture) {
    Bpf filter = compile(DefaultPolicy.of(DEFAULTS), architecture);
    BpfMachine machine = new BpfMachine(filter);
    int deepest = 0;
    for (int number = 0; number < 600; number++) {
      machine.run(architecture.audit(), number, -1, -1, -1, -1, -1, -1);
      deepest = Math.max(deepest, machine.steps());
    }
    // Three for the machine and the number, seven of the tree, the end; arguments take up to six.
    assertThat(deepest).isLessThanOrEqualTo(17);
    assertThat(filter.ops().size()).isBetween(60, 200);
  }

  /** What is decided by the number alone the kernel decides once: no argument may be looked at. */
  @Test
  void onlyCallsWithConditionsLookAtArguments() {
    Bpf filter = compile(DefaultPolicy.of(DEFAULTS), Architecture.X86_64);
    Map<Integer, String> names = SyscallTable.of(Architecture.X86_64).names();
    Map<String, Integer> steps = new HashMap<>();
    BpfMachine machine = new BpfMachine(filter);
    names.forEach(
        (number, name) -> {
          machine.run(Architecture.X86_64.audit(), number, -1, -1, -1, -1, -1, -1);
          steps.put(name, machine.steps());
        });
    assertThat(steps.get("getpid")).isLessThanOrEqualTo(11);
    assertThat(steps.get("clone")).isGreaterThan(steps.get("getpid"));
  }
}
