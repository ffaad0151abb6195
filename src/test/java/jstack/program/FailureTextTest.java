package jstack.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import jstack.diag.DiagnosticPrinter;
import jstack.linux.Errno;
import org.junit.jupiter.api.Test;

/** An errno of the kernel comes back with the manifest's line and what to do. */
class FailureTextTest {
  private final Program program =
      Compiler.compile(
          new ServiceFixture().bind("/srv/a", "/data", true).build(),
          ServiceFixture.target(ServiceFixture.HYBRID));

  private String text(Class<? extends Instruction> type, int errno, String call) {
    return text(program, type, errno, call);
  }

  private static String text(
      Program program, Class<? extends Instruction> type, int errno, String call) {
    for (int i = 0; i < program.steps().size(); i++) {
      Instruction instruction = program.steps().get(i).instruction();
      boolean bind = instruction instanceof MountInstruction.OpenTree tree && tree.slot() == 0;
      if (type.isInstance(instruction) && !bind) {
        return new DiagnosticPrinter(file -> List.of())
            .print(FailureText.diagnostic("web-1", program, i, errno, call));
      }
    }
    throw new AssertionError("no " + type);
  }

  @Test
  void aMissingSourceNamesItsMountAndTheMend() {
    assertThat(text(MountInstruction.OpenTree.class, Errno.ENOENT, "open_tree(\"/srv/a\")"))
        .matches(
            """
            jstack.yaml:20:9: error: services.web.mounts\\[0\\]: cannot bind mount /srv/a: No such file or directory \\(ENOENT\\)
              step \\d+ of \\d+: open_tree\\("/srv/a"\\) in web-1
              hint: create it, or set create_host_path: true for a directory
            """);
  }

  @Test
  void aSourceThatHasBecomeALinkIsNotFollowed() {
    assertThat(text(MountInstruction.OpenTree.class, Errno.ELOOP, "open_tree(\"/srv/a\")"))
        .contains("cannot bind mount /srv/a: ")
        .contains("has become a symbolic link since it was checked");
  }

  @Test
  void whoIsKilledOnTheWayIsNoBugOfOurs() {
    String call = "killed by signal 9 (Killed) before its command began";
    assertThat(
            new DiagnosticPrinter(file -> List.of())
                .print(FailureText.diagnostic("web-1", program, -1, 0, call)))
        .contains("web-1 cannot start: " + call)
        .contains("hint: the kernel's log says whether memory ran out; see cgroup.memory");
  }

  @Test
  void aKernelWithoutFiltersIsNamedWithTheWayAroundThem() {
    assertThat(text(ProcessInstruction.Seccomp.class, Errno.EINVAL, "seccomp"))
        .contains("services.web.security_opt: cannot filter the calls of the container")
        .contains("CONFIG_SECCOMP_FILTER", "security_opt: [seccomp=unconfined]");
  }

  @Test
  void aMissingCommandAMissingInterpreterAndAScriptAreToldApart() {
    assertThat(text(ProcessInstruction.Exec.class, Errno.ENOENT, "execve"))
        .startsWith(
            "jstack.yaml:3:5: error: services.web.command: cannot execute /bin/httpd: No such file")
        .contains("interpreter");
    assertThat(text(ProcessInstruction.Exec.class, Errno.EACCES, "execve"))
        .contains("not executable");
    assertThat(text(ProcessInstruction.Exec.class, Errno.ENOEXEC, "execve")).contains("#! line");
  }

  @Test
  void aGroupThatHoldsProcessesAndSharesNothingOutIsNamed() {
    Program v2 =
        Compiler.compile(new ServiceFixture().build(), ServiceFixture.target(ServiceFixture.V2));
    assertThat(text(v2, HostInstruction.Write.class, Errno.EBUSY, "write"))
        .contains(
            "cannot write \"+cpu +io +memory +pids\" to /sys/fs/cgroup/cgroup.subtree_control")
        .contains("hint: processes sit in /sys/fs/cgroup itself")
        .contains("/sys/fs/cgroup/own/cgroup.procs");
  }

  @Test
  void everyInstructionHasWordsForEveryError() {
    for (int step = -1; step <= program.steps().size(); step++) {
      for (int errno : new int[] {0, Errno.EPERM, Errno.ENOENT, Errno.ELOOP, Errno.ENOSPC, 9999}) {
        String text =
            new DiagnosticPrinter(file -> List.of())
                .print(FailureText.diagnostic("web-1", program, step, errno, "call"));
        assertThat(text).contains("error: ").doesNotContain(": null").doesNotContain("Instruction");
      }
    }
  }
}
