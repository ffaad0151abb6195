package jstack.linux;

import java.util.List;

/**
 * What a filter decides, in names of calls; which numbers those are is a machine's business.
 *
 * @param otherwise for a call that no rule is about, or whose conditions do not hold
 * @param rules of one call those with conditions are asked first, in order; of those without, the
 *     last counts
 */
public record SeccompPolicy(SeccompAction otherwise, List<Rule> rules) {
  /** All conditions have to hold. */
  public record Rule(String call, List<SeccompCondition> conditions, SeccompAction action) {
    public Rule {
      conditions = List.copyOf(conditions);
    }
  }

  public SeccompPolicy {
    rules = List.copyOf(rules);
  }

  /**
   * For a number that has no name, or one higher than any that is ruled: made later than the rules.
   * Where calls fail it has to look absent, so that programs take the way that they had before.
   */
  public SeccompAction unknown() {
    return otherwise.isErrno() ? SeccompAction.ABSENT : otherwise;
  }
}
