package jstack.plan;

import java.util.List;
import jstack.program.LimitWrite;
import jstack.program.Program;
import jstack.state.ContainerId;

/** One thing to be done, or left alone, with its causes. */
public sealed interface Action {
  ContainerId id();

  List<Cause> causes();

  /** Whether its processes run on. */
  default boolean isLive() {
    return this instanceof Keep || this instanceof Adjust;
  }

  /** It is as it should be. */
  record Keep(ContainerId id) implements Action {
    @Override
    public List<Cause> causes() {
      return List.of();
    }
  }

  /** There is none yet. */
  record Create(ContainerId id, Program program, List<Cause> causes) implements Action {
    public Create {
      causes = List.copyOf(causes);
    }
  }

  /** It stopped or never ran, and is made again from the same program. */
  record Start(ContainerId id, Program program, List<Cause> causes) implements Action {
    public Start {
      causes = List.copyOf(causes);
    }
  }

  /**
   * It runs with other limits than it should: they are written, and its processes notice nothing.
   *
   * @param program what it is from then on
   * @param writes none when the kernel holds them all and only the record is older
   */
  record Adjust(ContainerId id, Program program, List<LimitWrite> writes, List<Cause> causes)
      implements Action {
    public Adjust {
      writes = List.copyOf(writes);
      causes = List.copyOf(causes);
    }
  }

  /** It runs, but as something else than what is wanted. */
  record Recreate(ContainerId id, Program program, ChangeClass changeClass, List<Cause> causes)
      implements Action {
    public Recreate {
      causes = List.copyOf(causes);
    }
  }

  /** Nobody asks for it any more. */
  record Remove(ContainerId id, List<Cause> causes) implements Action {
    public Remove {
      causes = List.copyOf(causes);
    }
  }
}
