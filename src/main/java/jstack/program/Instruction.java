package jstack.program;

import java.util.List;

/**
 * One typed request to the kernel. The set and the arguments are those of {@code
 * src/main/c/instructions.def}: what is here is what the helper in C can do, no more.
 *
 * <p>Numbers travel as unsigned decimals, booleans as 0 and 1.
 */
public sealed interface Instruction
    permits SupervisorInstruction,
        HostInstruction,
        NamespaceInstruction,
        MountInstruction,
        ProcessInstruction {
  /** The name in instructions.def. */
  String op();

  /** The arguments as they travel. */
  List<String> arguments();
}
