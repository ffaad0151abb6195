package jstack.program;

import java.util.Locale;

/** What it costs to make a change true, from the cheapest to the dearest. */
public enum ChangeClass {
  /** Nothing has to be done. */
  NONE,
  /** Kernel files or the supervisor's settings are written; the processes run on. */
  LIVE,
  /** A new first process, planned into the same places; what the container wrote is kept. */
  RESTART,
  /** The same, but its namespaces and mounts are others than before. */
  RECREATE,
  /** A new rootfs, and so a clean upper layer. */
  ROOTFS;

  /** The dearer of both. */
  public ChangeClass and(ChangeClass other) {
    return compareTo(other) >= 0 ? this : other;
  }

  /** What it costs when a step is there, gone or another. */
  static ChangeClass of(Step step) {
    Instruction instruction = step.instruction();
    return switch (step.phase()) {
      case SUPERVISE -> ofSupervisor(instruction);
      case PROCESS -> RESTART;
      case ROOT -> isIdentity(instruction) ? RESTART : RECREATE;
      case HOST -> instruction instanceof HostInstruction.Write ? LIVE : RECREATE;
      case NAMESPACE ->
          instruction instanceof MountInstruction.MountHost mount && mount.type().equals("overlay")
              ? ROOTFS
              : RECREATE;
      case TEARDOWN -> RECREATE;
    };
  }

  /** Whether a running supervisor can be told so; see {@link Program#isSameButForLive}. */
  private static ChangeClass ofSupervisor(Instruction instruction) {
    if (SettingChanges.isSetting(instruction)) {
      return LIVE;
    }
    // Its streams are made with the process, and its places with the cgroups.
    boolean stream =
        instruction instanceof SupervisorInstruction.Terminal
            || instruction instanceof SupervisorInstruction.Stdin;
    return stream || instruction instanceof SupervisorInstruction.OomGroup ? RESTART : RECREATE;
  }

  private static boolean isIdentity(Instruction instruction) {
    return instruction instanceof NamespaceInstruction.Hostname
        || instruction instanceof NamespaceInstruction.Domainname
        || instruction instanceof NamespaceInstruction.Sysctl;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
