package jstack.engine;

import java.util.List;
import jstack.diag.Diagnostic;
import jstack.manifest.Condition;
import jstack.plan.Action;
import jstack.plan.Cause;
import jstack.state.ContainerId;
import jstack.state.Receipt;
import org.jspecify.annotations.Nullable;

/** What the engine tells while it works; the command line makes lines of it. */
public interface EngineEvents {
  /** Says nothing. */
  EngineEvents SILENT = new EngineEvents() {};

  /** It is there and was not started. */
  default void created(ContainerId id) {}

  default void starting(ContainerId id, List<Cause> causes) {}

  default void started(ContainerId id, long pid) {}

  default void unchanged(Action.Keep action) {}

  /** It came as far as somebody had waited for. */
  default void reached(ContainerId id, Condition condition) {}

  /** It has a new supervisor; its processes run on. */
  default void adopted(ContainerId id, List<Cause> causes) {}

  /** Its limits were written; its processes run on. */
  default void adjusted(ContainerId id, List<Cause> causes) {}

  /** Likewise those of the whole stack. */
  default void stackAdjusted(List<Cause> causes) {}

  default void stopping(ContainerId id) {}

  /**
   * It has ended because it was asked to.
   *
   * @param receipt null when there is none
   */
  default void stopped(ContainerId id, int exitCode, @Nullable Receipt receipt) {}

  default void removed(ContainerId id) {}

  /** Somebody waits for somebody: a moment to look at what those who run have said. */
  default void waits() {}

  /** Whether to go no further; asked while somebody waits for somebody. */
  default boolean isCancelled() {
    return false;
  }

  /** Somebody starts although what it would rather have waited for does not come. */
  default void goesOnWithout(Diagnostic warning) {}
}
