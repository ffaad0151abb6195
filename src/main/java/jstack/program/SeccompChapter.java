package jstack.program;

import java.util.function.Supplier;
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
    String made = CompiledFilter.TABLES + "-" + Long.toHexString(capabilities);
    if (seccomp instanceof Seccomp.OfFile profile) {
      String name = made + "-" + profile.digest();
      return new ProcessInstruction.Seccomp(
          profile.flags(),
          kept(
              target.host(),
              name,
              () ->
                  ProfileCompiler.compile(
                      profile.profile(), architecture, capabilities, target.host())));
    }
    if (capabilities == Capability.USUAL) {
      return new ProcessInstruction.Seccomp(0, CompiledFilter.of(architecture));
    }
    return new ProcessInstruction.Seccomp(
        0,
        kept(
            target.host(),
            made,
            () ->
                BpfCompiler.compile(
                    DefaultPolicy.of(capabilities), architecture, SyscallTable.of(architecture))));
  }

  /** In base64; compiled only when nobody did before. */
  private static String kept(HostView host, String name, Supplier<Bpf> compiler) {
    String found = host.filter(name);
    if (found != null) {
      return found;
    }
    String filter = compiler.get().base64();
    host.keepFilter(name, filter);
    return filter;
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
