package jstack.program;

import java.util.ArrayList;
import java.util.List;
import jstack.linux.Capability;
import jstack.linux.SeccompAction;
import jstack.linux.SeccompCondition;
import jstack.linux.SeccompCondition.Comparison;
import jstack.linux.SeccompPolicy;
import jstack.linux.SyscallTable;

/** The default filter's rules, from the table seccomp.txt beside this class. */
final class DefaultPolicy {
  private DefaultPolicy() {}

  /** What a container with these capabilities may call. */
  static SeccompPolicy of(long capabilities) {
    List<SeccompPolicy.Rule> rules = new ArrayList<>();
    for (String line : SyscallTable.resource(DefaultPolicy.class, "seccomp.txt").split("\n", -1)) {
      String rule = line.replaceFirst("#.*", "").strip();
      if (!rule.isEmpty()) {
        read(rule, capabilities, rules);
      }
    }
    return new SeccompPolicy(SeccompAction.REFUSE, rules);
  }

  private static void read(String line, long capabilities, List<SeccompPolicy.Rule> into) {
    String[] parts = line.split(" with ", -1);
    if (parts.length > 1 && !hasOne(parts[1], capabilities)) {
      return;
    }
    String[] words = parts[0].split(" +", -1);
    SeccompAction action =
        switch (words[1]) {
          case "allow" -> SeccompAction.ALLOW;
          case "refuse" -> SeccompAction.REFUSE;
          case "absent" -> SeccompAction.ABSENT;
          default -> throw new IllegalArgumentException(line);
        };
    if (words.length == 2) {
      into.add(new SeccompPolicy.Rule(words[0], List.of(), action));
      return;
    }
    int argument = Integer.parseInt(words[3].substring("int".length()));
    if (words[4].equals("&")) {
      long mask = Long.decode(words[5]);
      into.add(rule(words[0], argument, Comparison.MASKED_EQ, mask, words[7], action));
      return;
    }
    for (int i = 5; i < words.length; i++) {
      into.add(rule(words[0], argument, Comparison.EQ, -1, words[i], action));
    }
  }

  private static SeccompPolicy.Rule rule(
      String call, int argument, Comparison is, long mask, String value, SeccompAction action) {
    SeccompCondition condition =
        new SeccompCondition(argument, false, is, mask, Long.decode(value));
    return new SeccompPolicy.Rule(call, List.of(condition), action);
  }

  private static boolean hasOne(String names, long capabilities) {
    for (String name : names.split(" +", -1)) {
      if ((capabilities & Capability.mask(List.of(Capability.valueOf(name)))) != 0) {
        return true;
      }
    }
    return false;
  }
}
