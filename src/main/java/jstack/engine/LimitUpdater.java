package jstack.engine;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.DiagnosticException;
import jstack.program.Change;
import jstack.program.LimitChanges;
import jstack.program.LimitWrite;
import jstack.program.Program;
import jstack.state.ContainerId;
import jstack.state.LimitObserver;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.StateLayout;

/** Writes limits to a container that runs, whatever its manifest says; a plan shows them after. */
public final class LimitUpdater {
  private final LimitObserver observer;

  public LimitUpdater(StateLayout layout) {
    this.observer = new LimitObserver(layout);
  }

  /** What earlier updates were given and what this one is given, together. */
  public Map<String, String> together(ContainerId id, Map<String, String> values) {
    Map<String, String> all = new LinkedHashMap<>(observer.values(id));
    all.putAll(values);
    return all;
  }

  /**
   * Writes those of some keys. What is about to be written is noted first: should this be cut off,
   * the next plan looks there.
   *
   * @param wanted a program with the limits
   * @param values what they are, by key below {@code cgroup}; others are left alone
   * @return what changed
   */
  public List<Change> update(
      ObservedContainer container, Program wanted, Map<String, String> values) {
    Program old = container.requireProgram();
    Observed alone = new Observed(container.id().project(), List.of(container));
    Observed seen = observer.look(alone, Map.of(container.id(), wanted));
    LimitChanges changes =
        LimitChanges.ofContainer(old, wanted, seen.limits().texts(), List.of())
            .only(values.keySet());
    if (changes.writes().isEmpty()) {
      return List.of();
    }
    try {
      List<LimitWrite.Place> places = changes.writes().stream().map(LimitWrite::place).toList();
      observer.note(container.id(), places, values);
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "state-directory", "cannot note the update: " + e.getMessage(), "check the free space");
    }
    LimitWriter.write(changes.writes(), seen.limits().texts());
    return changes.changes();
  }
}
