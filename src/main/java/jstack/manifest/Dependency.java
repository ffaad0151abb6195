package jstack.manifest;

import jstack.diag.Origin;

/**
 * A service that comes first.
 *
 * @param restart whether the one that depends is made anew when the other one is
 * @param required whether it must be there and come so far; otherwise it is only waited for
 */
public record Dependency(
    String service, Condition condition, boolean restart, boolean required, Origin origin) {
  /** One that only has to be started, as in a list of names. */
  public Dependency(String service, Origin origin) {
    this(service, Condition.STARTED, false, true, origin);
  }

  /** Whether it says no more than a name would. */
  public boolean isPlain() {
    return condition == Condition.STARTED && !restart && required;
  }
}
