package jstack.plan;

import java.util.List;
import jstack.program.ChangeClass;
import jstack.program.LimitWrite;
import jstack.program.Program;
import jstack.state.ContainerId;

/** One thing to be done, or left alone, with its causes. */
public sealed interface Action {
  ContainerId id();

  List<Cause> causes();

  /** What it costs; see {@link ChangeClass}. */
  ChangeClass changeClass();

  /** Whether its processes run on. */
  default boolean isLive() {
    return this instanceof Keep || this instanceof Adjust || this instanceof Adopt;
  }

  private static ChangeClass dearest(List<Cause> causes) {
    ChangeClass dearest = ChangeClass.NONE;
    for (Cause cause : causes) {
      dearest = dearest.and(cause.cost());
    }
    return dearest;
  }

  /** It is as it should be. */
  record Keep(ContainerId id) implements Action {
    @Override
    public List<Cause> causes() {
      return List.of();
    }

    @Override
    public ChangeClass changeClass() {
      return ChangeClass.NONE;
    }
  }

  /** There is none yet. */
  record Create(ContainerId id, Program program, List<Cause> causes) implements Action {
    public Create {
      causes = List.copyOf(causes);
    }

    @Override
    public ChangeClass changeClass() {
      return ChangeClass.RECREATE;
    }
  }

  /** It stopped or never ran, and is made again from the same program. */
  record Start(ContainerId id, Program program, List<Cause> causes) implements Action {
    public Start {
      causes = List.copyOf(causes);
    }

    @Override
    public ChangeClass changeClass() {
      return ChangeClass.RESTART.and(Action.dearest(causes));
    }
  }

  /**
   * It runs with other limits or settings than it should: they are written, and its processes
   * notice nothing.
   *
   * @param program what it is from then on
   * @param writes none when the kernel holds them all and only the record is older
   * @param settings whether its supervisor has to be told, too
   */
  record Adjust(
      ContainerId id,
      Program program,
      List<LimitWrite> writes,
      boolean settings,
      List<Cause> causes)
      implements Action {
    public Adjust {
      writes = List.copyOf(writes);
      causes = List.copyOf(causes);
    }

    @Override
    public ChangeClass changeClass() {
      return ChangeClass.LIVE;
    }
  }

  /**
   * It runs as it should, but nobody looks after it: it gets a new supervisor, and its processes
   * notice nothing.
   *
   * @param program what it is made anew from, should that fail
   * @param then what is to be done when it has one: {@link Keep} or {@link Adjust}
   */
  record Adopt(ContainerId id, Program program, Action then, List<Cause> causes) implements Action {
    public Adopt {
      causes = List.copyOf(causes);
    }

    @Override
    public ChangeClass changeClass() {
      return ChangeClass.LIVE;
    }
  }

  /**
   * It runs, but as something else than what is wanted: it is stopped, and made from its new
   * program in the layer that it has. Its class is that of its dearest cause, and at least a
   * restart.
   */
  record Recreate(ContainerId id, Program program, List<Cause> causes) implements Action {
    public Recreate {
      causes = List.copyOf(causes);
    }

    @Override
    public ChangeClass changeClass() {
      return ChangeClass.RESTART.and(Action.dearest(causes));
    }
  }

  /** Nobody asks for it any more. */
  record Remove(ContainerId id, List<Cause> causes) implements Action {
    public Remove {
      causes = List.copyOf(causes);
    }

    @Override
    public ChangeClass changeClass() {
      return ChangeClass.RECREATE;
    }
  }
}
