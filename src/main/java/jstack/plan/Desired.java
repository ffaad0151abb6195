package jstack.plan;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.linux.Namespace;
import jstack.program.Change;
import jstack.program.Program;
import jstack.state.ContainerId;

/**
 * What the manifest asks for.
 *
 * @param programs the containers in the order of the file, each with all that is done to make it
 * @param needs for each service the services that have to be started first
 * @param shares for each service whose namespaces it is in, and of which kinds; no kind where it
 *     only asked to be made anew with the other one
 * @param connections what the networks of the stack will be
 * @param runs how often and how long services run; once and for good without an entry
 */
public record Desired(
    String project,
    Map<ContainerId, Program> programs,
    Map<String, List<String>> needs,
    Map<String, Map<String, List<Namespace>>> shares,
    Connections connections,
    Map<String, Runs> runs) {
  /**
   * How a service runs.
   *
   * @param count its containers
   * @param once whether it runs to completion, and is done when it ended with exit code 0
   */
  public record Runs(int count, boolean once) {
    static final Runs USUAL = new Runs(1, false);
  }

  /** Each service has one container, which runs for good. */
  public Desired(
      String project,
      Map<ContainerId, Program> programs,
      Map<String, List<String>> needs,
      Map<String, Map<String, List<Namespace>>> shares,
      Connections connections) {
    this(project, programs, needs, shares, connections, Map.of());
  }

  /**
   * How the containers are connected from now on.
   *
   * @param changes what is different, by container; each needs a new network namespace
   * @param others what no container notices: rules, ports, egress
   * @param names by which containers find others; they follow from what else is done
   * @param made whether the machine has all of it already
   */
  public record Connections(
      Map<String, List<Change>> changes, List<Change> others, List<Change> names, boolean made) {
    public static final Connections SAME = new Connections(Map.of(), List.of(), List.of(), true);
  }

  public Desired {
    shares = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(shares));
    programs = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(programs));
    runs = Map.copyOf(runs);
    needs = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(needs));
  }

  /** Whether the manifest asks for a container, be it made by this plan or not. */
  boolean wants(ContainerId id) {
    return programs.containsKey(id)
        || (needs.containsKey(id.service()) && !id.isOneOff() && !isSurplus(id));
  }

  /** The same, where some services run once more even if they ran to completion before. */
  public Desired runningAgain(Set<String> services) {
    Map<String, Runs> changed = new LinkedHashMap<>(runs);
    for (String service : services) {
      changed.computeIfPresent(service, (name, run) -> new Runs(run.count(), false));
    }
    return new Desired(project, programs, needs, shares, connections, changed);
  }

  /** Whether a service runs to completion: a job, or one whose end another waits for. */
  public boolean isOnce(String service) {
    return runsOf(service).once();
  }

  Runs runsOf(String service) {
    return runs.getOrDefault(service, Runs.USUAL);
  }

  /** Whether it is one more than its service shall have. */
  boolean isSurplus(ContainerId id) {
    if (!needs.containsKey(id.service()) || id.isOneOff()) {
      return false;
    }
    // Compared by length first: the number is whatever a folder is called.
    String most = Integer.toString(runsOf(id.service()).count());
    String own = id.instance();
    boolean less =
        own.length() < most.length() || (own.length() == most.length() && own.compareTo(most) <= 0);
    return !less || own.startsWith("0");
  }

  /** The same with other networks. */
  public Desired with(Connections other) {
    return new Desired(project, programs, needs, shares, other, runs);
  }
}
