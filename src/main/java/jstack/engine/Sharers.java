package jstack.engine;

import java.util.ArrayList;
import java.util.List;
import jstack.program.Instruction;
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
    List<ObservedContainer> all = new ArrayList<>(chosen);
    for (int i = 0; i < all.size(); i++) {
      String directory = layout.container(all.get(i).id()).toString();
      for (ObservedContainer other : observed.containers()) {
        if (!all.contains(other) && shares(other, directory)) {
          all.add(other);
        }
      }
    }
    return all;
  }

  private static boolean shares(ObservedContainer container, String directory) {
    return container
        .program()
        .map(
            program ->
                program
                    .all(Instruction.JoinContainer.class)
                    .anyMatch(join -> join.runDirectory().value().equals(directory)))
        .orElse(false);
  }
}
