package jstack.engine;

import java.util.List;
import jstack.plan.Action;
import jstack.plan.Cause;
import jstack.state.ContainerId;

/** What the engine tells while it works; the command line makes lines of it. */
public interface EngineEvents {
  /** Says nothing. */
  EngineEvents SILENT = new EngineEvents() {};

  default void starting(ContainerId id, List<Cause> causes) {}

  default void started(ContainerId id, long pid) {}

  default void unchanged(Action.Keep action) {}

  default void stopping(ContainerId id) {}

  default void stopped(ContainerId id, int exitCode) {}

  default void removed(ContainerId id) {}
}
