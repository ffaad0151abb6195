package jstack.program;

import java.util.ArrayList;
import java.util.List;
import jstack.linux.Architecture;
import jstack.linux.Capability;
import jstack.linux.SeccompPolicy;
import jstack.linux.SyscallTable;
import jstack.manifest.HostPath;
import jstack.manifest.Seccomp;
import org.jspecify.annotations.Nullable;

/** A profile of the user's to a filter: of its rules those that are for this container and host. */
final class ProfileCompiler {
  private static final HostPath RELEASE = new HostPath("/proc/sys/kernel/osrelease");

  private ProfileCompiler() {}

  static Bpf compile(
      Seccomp.Profile profile, Architecture architecture, long capabilities, HostView host) {
    @Nullable String release = host.read(RELEASE);
    long kernel = Seccomp.kernel(release == null ? "" : release);
    List<SeccompPolicy.Rule> rules = new ArrayList<>();
    for (Seccomp.ProfileRule rule : profile.rules()) {
      if (applies(rule.includes(), architecture, capabilities, kernel, true)
          && applies(rule.excludes(), architecture, capabilities, kernel, false)) {
        rules.addAll(rule.rules());
      }
    }
    SeccompPolicy policy = new SeccompPolicy(profile.otherwise(), rules);
    return BpfCompiler.compile(policy, architecture, SyscallTable.of(architecture));
  }

  /** All of what includes names has to be so, and nothing of what excludes names. */
  private static boolean applies(
      Seccomp.Filter filter,
      Architecture architecture,
      long capabilities,
      long kernel,
      boolean including) {
    for (Capability capability : filter.capabilities()) {
      boolean has = (capabilities & Capability.mask(List.of(capability))) != 0;
      if (has != including) {
        return false;
      }
    }
    if (!filter.architectures().isEmpty()
        && filter.architectures().contains(architecture.dockerName()) != including) {
      return false;
    }
    return filter.minKernel() == 0 || kernel >= filter.minKernel() == including;
  }
}
