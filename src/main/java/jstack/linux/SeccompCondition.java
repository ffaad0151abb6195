package jstack.linux;

/**
 * What an argument of a call must be.
 *
 * @param argument 0 to 5
 * @param whole all 64 bits count; otherwise the kernel itself takes the low half only
 * @param mask of the bits that are compared, for MASKED_EQ
 */
public record SeccompCondition(int argument, boolean whole, Comparison is, long mask, long value) {
  /** Unsigned, as SCMP_CMP_* of seccomp_rule_add(3). */
  public enum Comparison {
    NE,
    LT,
    LE,
    EQ,
    GE,
    GT,
    MASKED_EQ
  }

  public SeccompCondition {
    if (argument < 0 || argument > 5) {
      throw new IllegalArgumentException("a call has arguments 0 to 5, not " + argument);
    }
  }
}
