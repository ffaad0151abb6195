package jstack.engine;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import jstack.linux.Namespace;
import jstack.program.NamespaceInstruction;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.StateLayout;

/**
 * Who is in the namespaces of whom, read from the programs that the containers were started with.
 */
public final class Sharers {
  private Sharers() {}

  /** Containers, and all that share their namespaces: they cannot be started anew alone. */
  public static List<ObservedContainer> with(
      List<ObservedContainer> chosen, Observed observed, StateLayout layout) {
    return with(chosen, observed, layout, EnumSet.allOf(Namespace.class));
  }

  /**
   * Containers, and all that end with them: with its first process a pid namespace is over; see
   * pid_namespaces(7).
   */
  public static List<ObservedContainer> endingWith(
      List<ObservedContainer> chosen, Observed observed, StateLayout layout) {
    return with(chosen, observed, layout, EnumSet.of(Namespace.PID));
  }

  private static List<ObservedContainer> with(
      List<ObservedContainer> chosen, Observed observed, StateLayout layout, Set<Namespace> kinds) {
    List<ObservedContainer> all = new ArrayList<>(chosen);
    for (int i = 0; i < all.size(); i++) {
      String directory = layout.container(all.get(i).id()).toString();
      for (ObservedContainer other : observed.containers()) {
        if (!all.contains(other) && shares(other, directory, kinds)) {
          all.add(other);
        }
      }
    }
    return all;
  }

  private static boolean shares(
      ObservedContainer container, String directory, Set<Namespace> kinds) {
    long flags = 0;
    for (Namespace kind : kinds) {
      flags |= Integer.toUnsignedLong(kind.cloneFlag());
    }
    long wanted = flags;
    return container
        .program()
        .map(
            program ->
                program
                    .all(NamespaceInstruction.JoinContainer.class)
                    .filter(join -> (join.flags() & wanted) != 0)
                    .anyMatch(join -> join.runDirectory().value().equals(directory)))
        .orElse(false);
  }
}
