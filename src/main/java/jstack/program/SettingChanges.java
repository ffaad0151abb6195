package jstack.program;

/**
 * What of a program its supervisor can be given while the container runs: nothing that any process
 * of the container was born with.
 */
final class SettingChanges {
  private SettingChanges() {}

  static boolean isSetting(Instruction instruction) {
    return instruction instanceof Instruction.LogLimit
        || instruction instanceof Instruction.Stop
        || instruction instanceof Instruction.Restart
        || instruction instanceof Instruction.Timeout
        || instruction instanceof Instruction.Health
        || instruction instanceof Instruction.Note
        || instruction instanceof Instruction.Enter
        || instruction instanceof Instruction.Task;
  }
}
