package jstack.plan;

import java.util.List;
import jstack.program.Program;
import jstack.state.ContainerId;

/** One thing to be done, or left alone, with its causes. */
public sealed interface Action {
  ContainerId id();

  List<Cause> causes();

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
