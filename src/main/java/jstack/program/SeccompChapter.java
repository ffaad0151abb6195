package jstack.program;

import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.linux.Architecture;
import jstack.linux.Capability;
import jstack.linux.SyscallTable;
import jstack.manifest.Seccomp;
import jstack.manifest.Service;
import org.jspecify.annotations.Nullable;

/**
 * The last wall before the command: which of the kernel's calls it may make. Everything that runs
 * in a container by the program of it has the same filter; its init, which only waits, needs none.
 */
final class SeccompChapter {
  private SeccompChapter() {}

  static void write(StepList steps, Service service, Target target, long capabilities) {
    Instruction filter = filter(service, target, capabilities);
    if (filter != null) {
      steps.add(Phase.PROCESS, service.at("security_opt"), filter);
    }
  }

  private static @Nullable Instruction filter(Service service, Target target, long capabilities) {
    Seccomp seccomp = service.seccomp();
    if (seccomp instanceof Seccomp.Unconfined) {
      return null;
    }
    Architecture architecture =
        Architecture.current().orElseThrow(() -> unknownMachine(service, target));
    if (seccomp instanceof Seccomp.Profile profile) {
      return new Instruction.Seccomp(
          profile.flags(),
          ProfileCompiler.compile(profile, architecture, capabilities, target.host()).base64());
    }
    if (capabilities == Capability.mask(Capability.DEFAULTS)) {
      return new Instruction.Seccomp(0, CompiledFilter.of(architecture));
    }
    return new Instruction.Seccomp(
        0,
        BpfCompiler.compile(
                DefaultPolicy.of(capabilities), architecture, SyscallTable.of(architecture))
            .base64());
  }

  private static DiagnosticException unknownMachine(Service service, Target target) {
    return new DiagnosticException(
        Failure.HOST,
        Diagnostic.error(
                service.at("security_opt"),
                "seccomp",
                "no numbers of the calls of this machine are known for " + target.name())
            .withHint("jstack filters calls on x86_64 and aarch64"));
  }
}
