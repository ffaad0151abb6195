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
    if (stopped.all(Instruction.PivotRoot.class).findAny().isEmpty()) {
      return Optional.of("it has no files of its own");
    }
    boolean inMemory =
        stopped.of(Phase.NAMESPACE).stream()
            .anyMatch(
                step ->
                    step.instruction() instanceof Instruction.MountHost mount
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
          new Instruction.Stop(SIGKILL, 0),
          new Instruction.Terminal(false),
          new Instruction.Stdin(true),
          new Instruction.Control(control)
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
    if (instruction instanceof Instruction.Spawn) {
      long flags = 0;
      for (Namespace namespace : OWN) {
        flags |= Integer.toUnsignedLong(namespace.cloneFlag());
      }
      return Optional.of(new Instruction.Spawn(flags, new HostPath("/")));
    }
    if (instruction instanceof Instruction.JoinContainer join && (join.flags() & user) != 0) {
      return Optional.of(new Instruction.JoinContainer(join.runDirectory(), user));
    }
    boolean ids =
        instruction instanceof Instruction.NewUser
            || (instruction instanceof Instruction.JoinNamespace join && join.flag() == user);
    return ids ? Optional.of(instruction) : Optional.empty();
  }

  private static boolean isShared(Instruction instruction) {
    return instruction instanceof Instruction.JoinNamespace
        || instruction instanceof Instruction.JoinContainer
        || instruction instanceof Instruction.JoinCgroup
        || instruction instanceof Instruction.TimeOffsets;
  }

  private static boolean isIdentity(Instruction instruction) {
    return instruction instanceof Instruction.Hostname
        || instruction instanceof Instruction.Domainname
        || instruction instanceof Instruction.LoopbackUp
        || instruction instanceof Instruction.Sysctl;
  }
}
