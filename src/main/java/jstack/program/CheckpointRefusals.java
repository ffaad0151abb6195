package jstack.program;

import java.util.ArrayList;
import java.util.List;
import jstack.diag.Diagnostic;
import jstack.diag.Origin;
import jstack.linux.MountAttribute;
import jstack.linux.MountFlag;
import jstack.linux.Namespace;

/**
 * What criu cannot bring back of a container, at the lines that made it so. Nothing is tried with
 * such a container: half a checkpoint is none.
 */
public final class CheckpointRefusals {
  public static final String CODE = "cannot-checkpoint";

  private final List<Diagnostic> refusals = new ArrayList<>();

  private CheckpointRefusals() {}

  /**
   * Empty when a container of this program can be checkpointed.
   *
   * @param hasTmp whether it has a directory /tmp: criu turns from one root to the other there
   */
  public static List<Diagnostic> of(Program program, boolean hasTmp) {
    CheckpointRefusals found = new CheckpointRefusals();
    if (!hasTmp) {
      program.steps().forEach(found::lookAtRoot);
    }
    program.steps().forEach(found::look);
    return List.copyOf(found.refusals);
  }

  private void look(Step step) {
    Instruction instruction = step.instruction();
    if (instruction instanceof NamespaceInstruction.NewUser) {
      refuse(step, "its user namespace", "write namespaces: {user: host}");
    } else if (instruction instanceof NamespaceInstruction.TimeOffsets) {
      refuse(step, "its own clocks", "leave namespaces.time out");
    } else if (instruction instanceof NamespaceInstruction.JoinContainer) {
      refuse(step, "the namespaces of another container", "give it namespaces of its own");
    } else if (instruction instanceof NamespaceInstruction.JoinNamespace join
        && join.flag() != flag(Namespace.NETWORK)) {
      refuse(step, "a namespace that it shares", "give it one of its own");
    } else if (instruction instanceof NamespaceInstruction.Spawn spawn) {
      look(step, spawn);
    } else if (instruction instanceof SupervisorInstruction.Terminal terminal && terminal.on()) {
      refuse(step, "its terminal", "write tty: false");
    } else if (instruction instanceof MountInstruction.MountHost mount
        && mount.type().equals("tmpfs")) {
      refuse(step, "a root that is kept in memory", "write rootfs: {mode: overlay}");
    } else if (instruction instanceof MountInstruction.OpenTree tree
        && (tree.propagation() & (MountFlag.SHARED | MountFlag.SLAVE)) != 0) {
      refuse(step, "a mount that is shared with the machine", "write propagation: private");
    }
  }

  /** What criu says of a container is of its processes: the line of its command. */
  public static Origin origin(Program program) {
    return program.steps().stream()
        .filter(step -> step.instruction() instanceof ProcessInstruction.Exec)
        .map(Step::origin)
        .findFirst()
        .orElse(Origin.NONE);
  }

  private void lookAtRoot(Step step) {
    if (step.instruction() instanceof MountInstruction.SetAttributes attributes
        && attributes.mountPoint().value().equals("/")
        && (attributes.set() & MountAttribute.RDONLY) != 0) {
      refuse(step, "a read-only root that has no directory /tmp", "write tmpfs: [/tmp]");
    }
  }

  private void look(Step step, NamespaceInstruction.Spawn spawn) {
    for (Namespace namespace : List.of(Namespace.PID, Namespace.MOUNT)) {
      if ((spawn.flags() & flag(namespace)) == 0) {
        String key = namespace.key();
        refuse(step, "the machine's " + key + " namespace", "write namespaces: {" + key + ": new}");
      }
    }
  }

  private static long flag(Namespace namespace) {
    return Integer.toUnsignedLong(namespace.cloneFlag());
  }

  private void refuse(Step step, String what, String mend) {
    refusals.add(
        Diagnostic.error(step.origin(), CODE, "criu cannot checkpoint a container with " + what)
            .withHint(mend));
  }
}
