package jstack.plan;

import java.util.Set;

/**
 * What the command line asks for on top of the manifest.
 *
 * @param services the ones to act on; empty means all
 * @param withDependencies whether those that they need are acted on too
 */
public record PlanOptions(
    Set<String> services,
    boolean withDependencies,
    boolean forceRecreate,
    boolean noRecreate,
    boolean removeOrphans) {
  public static final PlanOptions DEFAULT = new PlanOptions(Set.of(), true, false, false, false);

  public PlanOptions {
    services = Set.copyOf(services);
  }

  /** The same about other services. */
  public PlanOptions withServices(Set<String> names) {
    return new PlanOptions(names, withDependencies, forceRecreate, noRecreate, removeOrphans);
  }
}
