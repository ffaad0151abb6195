package jstack.program;

/**
 * What of a program its supervisor can be given while the container runs: nothing that any process
 * of the container was born with.
 */
final class SettingChanges {
  private SettingChanges() {}

  static boolean isSetting(Instruction instruction) {
    return instruction instanceof SupervisorInstruction.LogLimit
        || instruction instanceof SupervisorInstruction.Stop
        || instruction instanceof SupervisorInstruction.Restart
        || instruction instanceof SupervisorInstruction.Timeout
        || instruction instanceof SupervisorInstruction.Health
        || instruction instanceof SupervisorInstruction.Note
        || instruction instanceof SupervisorInstruction.Enter
        || instruction instanceof SupervisorInstruction.Task;
  }
}
