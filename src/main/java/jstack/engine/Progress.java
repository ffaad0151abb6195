package jstack.engine;

import java.util.Optional;
import jstack.manifest.Condition;
import jstack.state.ObservedContainer;
import jstack.state.RunState;
import jstack.state.Status;

/** Whether a container has come as far as a condition asks, or never will. */
public enum Progress {
  /** Not yet. */
  WAITING,
  /** It has. */
  MET,
  /** It cannot any more. */
  BROKEN;

  /** What the machine's view of a container says of a condition. */
  public static Progress of(Condition condition, Optional<ObservedContainer> container) {
    RunState state = container.map(ObservedContainer::state).orElse(RunState.LOST);
    return switch (condition) {
      case STARTED -> started(state);
      case HEALTHY -> healthy(state, container.flatMap(ObservedContainer::status));
      case COMPLETED -> completed(state, container.map(ObservedContainer::exitCode).orElse(0));
    };
  }

  private static Progress started(RunState state) {
    return switch (state) {
      case CREATED, STARTING, RESTARTING -> WAITING;
      case RUNNING, PAUSED, UNSUPERVISED, UNREACHABLE, EXITED -> MET;
      case FAILED, LOST -> BROKEN;
    };
  }

  private static Progress healthy(RunState state, Optional<Status> status) {
    if (state.isOver()) {
      return BROKEN;
    }
    Optional<Status.Health> health = status.flatMap(Status::health);
    if (health.isEmpty() || health.get() == Status.Health.STARTING) {
      return WAITING;
    }
    return health.get() == Status.Health.HEALTHY ? MET : BROKEN;
  }

  private static Progress completed(RunState state, int exitCode) {
    if (!state.isOver()) {
      return WAITING;
    }
    return state == RunState.EXITED && exitCode == 0 ? MET : BROKEN;
  }
}
