package jstack.plan;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jstack.program.Program;
import jstack.program.ProgramCodec;
import jstack.state.ContainerId;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.RunState;

/** What there is to see when a plan was carried out. A pure function, as planning is. */
public final class Outcome {
  private Outcome() {}

  /**
   * The containers after a plan, without what the kernel then says of their limits.
   *
   * @param before what it was made for
   * @return empty when the plan changes containers that run on: their records follow by themselves
   */
  public static Optional<Observed> of(Plan plan, Observed before) {
    if (!plan.limits().isEmpty()) {
      return Optional.empty(); // those of the stack stand in every record
    }
    Map<ContainerId, ObservedContainer> after = new LinkedHashMap<>();
    before.containers().forEach(container -> after.put(container.id(), container));
    for (Action action : plan.changes()) {
      ContainerId id = action.id();
      if (action instanceof Action.Create create) {
        after.put(id, running(id, create.program()));
      } else if (action instanceof Action.Start start) {
        after.put(id, running(id, start.program()));
      } else if (action instanceof Action.Recreate recreate) {
        after.put(id, running(id, recreate.program()));
      } else if (action instanceof Action.Remove) {
        after.remove(id);
      } else {
        return Optional.empty();
      }
    }
    return Optional.of(new Observed(before.project(), List.copyOf(after.values())));
  }

  private static ObservedContainer running(ContainerId id, Program program) {
    byte[] encoded = ProgramCodec.encode(program);
    return new ObservedContainer(id, RunState.RUNNING, encoded, Optional.empty(), 0);
  }
}
