package jstack.program;

import java.util.Optional;
import jstack.diag.Origin;
import jstack.linux.Namespace;
import jstack.manifest.HostPath;

/**
 * The program of a process that copies files into a container that is not running, or out of it:
 * the container's own root, with its mounts, its user ids and its walls, and nothing else of it. No
 * cgroup, no network, no name; so what it opens is the container's, whatever links lie in its way.
 */
public final class CopyCompiler {
  /** New ones of all that a container could have shared with others. */
  private static final Namespace[] OWN = {
    Namespace.MOUNT, Namespace.UTS, Namespace.IPC, Namespace.PID, Namespace.NETWORK
  };

  private static final int SIGKILL = 9;

  private CopyCompiler() {}

  /** Why there is nothing to copy from or to; empty when there is. */
  public static Optional<String> refusal(Program stopped) {
    if (stopped.all(MountInstruction.PivotRoot.class).findAny().isEmpty()) {
      return Optional.of("it has no files of its own");
    }
    boolean inMemory =
        stopped.of(Phase.NAMESPACE).stream()
            .anyMatch(
                step ->
                    step.instruction() instanceof MountInstruction.MountHost mount
                        && mount.type().equals("tmpfs"));
    return inMemory ? Optional.of("its root was in memory and is gone with it") : Optional.empty();
  }

  /**
   * Read off the program of the container that has stopped.
   *
   * @param control a socket of the process's own
   */
  public static Program compile(Program stopped, ExecRequest request, HostPath control) {
    StepList steps = new StepList();
    for (Instruction setting :
        new Instruction[] {
          new SupervisorInstruction.Stop(SIGKILL, 0),
          new SupervisorInstruction.Terminal(false),
          new SupervisorInstruction.Stdin(true),
          new SupervisorInstruction.Control(control)
        }) {
      steps.add(Phase.SUPERVISE, Origin.NONE, setting);
    }
    for (Step step : stopped.steps()) {
      Optional<Instruction> kept =
          switch (step.phase()) {
            case HOST -> ofHost(step.instruction());
            case NAMESPACE -> Optional.of(step.instruction()).filter(i -> !isShared(i));
            case ROOT -> Optional.of(step.instruction()).filter(i -> !isIdentity(i));
            case PROCESS -> Optional.of(ExecCompiler.adapt(step.instruction(), request));
            case SUPERVISE, TEARDOWN -> Optional.empty();
          };
      kept.ifPresent(instruction -> steps.add(step.phase(), step.origin(), instruction));
    }
    return steps.toProgram();
  }

  private static Optional<Instruction> ofHost(Instruction instruction) {
    long user = Integer.toUnsignedLong(Namespace.USER.cloneFlag());
    if (instruction instanceof NamespaceInstruction.Spawn) {
      long flags = 0;
      for (Namespace namespace : OWN) {
        flags |= Integer.toUnsignedLong(namespace.cloneFlag());
      }
      return Optional.of(new NamespaceInstruction.Spawn(flags, new HostPath("/")));
    }
    if (instruction instanceof NamespaceInstruction.JoinContainer join
        && (join.flags() & user) != 0) {
      return Optional.of(new NamespaceInstruction.JoinContainer(join.runDirectory(), user));
    }
    boolean ids =
        instruction instanceof NamespaceInstruction.NewUser
            || (instruction instanceof NamespaceInstruction.JoinNamespace join
                && join.flag() == user);
    return ids ? Optional.of(instruction) : Optional.empty();
  }

  private static boolean isShared(Instruction instruction) {
    return instruction instanceof NamespaceInstruction.JoinNamespace
        || instruction instanceof NamespaceInstruction.JoinContainer
        || instruction instanceof HostInstruction.JoinCgroup
        || instruction instanceof NamespaceInstruction.TimeOffsets;
  }

  private static boolean isIdentity(Instruction instruction) {
    return instruction instanceof NamespaceInstruction.Hostname
        || instruction instanceof NamespaceInstruction.Domainname
        || instruction instanceof NamespaceInstruction.LoopbackUp
        || instruction instanceof NamespaceInstruction.Sysctl;
  }
}
