package jstack.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import jstack.linux.Architecture;
import jstack.linux.Capability;
import jstack.linux.SeccompAction;
import jstack.linux.SeccompPolicy;
import jstack.manifest.HostPath;
import jstack.manifest.Seccomp;
import org.junit.jupiter.api.Test;

/** Of a profile's rules those count that are for this container, this machine and this kernel. */
class ProfileCompilerTest {
  private static final Architecture MACHINE = Architecture.X86_64;
  private static final int READ = 0;
  private static final int PTRACE = 101;

  private static Seccomp.ProfileRule allow(
      String call, Seccomp.Filter includes, Seccomp.Filter excludes) {
    return new Seccomp.ProfileRule(
        List.of(new SeccompPolicy.Rule(call, List.of(), SeccompAction.ALLOW)), includes, excludes);
  }

  private static SeccompAction decide(Seccomp.Filter includes, Seccomp.Filter excludes, long caps) {
    Seccomp.Profile profile =
        new Seccomp.Profile(
            new HostPath("/p.json"),
            "",
            0,
            SeccompAction.errno(22),
            List.of(
                allow("read", Seccomp.Filter.NONE, Seccomp.Filter.NONE),
                allow("ptrace", includes, excludes),
                allow("process_vm_readv", Seccomp.Filter.NONE, Seccomp.Filter.NONE)));
    FakeHost host = new FakeHost(Map.of("/proc/sys/kernel/osrelease", "6.1.0-13-amd64"));
    BpfMachine machine = new BpfMachine(ProfileCompiler.compile(profile, MACHINE, caps, host));
    assertThat(machine.run(MACHINE.audit(), READ)).isEqualTo(SeccompAction.ALLOW.value());
    return new SeccompAction(machine.run(MACHINE.audit(), PTRACE));
  }

  private static Seccomp.Filter kernel(String version) {
    return new Seccomp.Filter(List.of(), List.of(), Seccomp.kernel(version));
  }

  @Test
  void aRuleIsForWhatItIncludesAndNotForWhatItExcludes() {
    SeccompAction otherwise = SeccompAction.errno(22);
    Seccomp.Filter none = Seccomp.Filter.NONE;
    Seccomp.Filter traced = new Seccomp.Filter(List.of(Capability.SYS_PTRACE), List.of(), 0);
    long has = Capability.mask(List.of(Capability.SYS_PTRACE));
    assertThat(decide(none, none, 0)).isEqualTo(SeccompAction.ALLOW);
    assertThat(decide(traced, none, 0)).isEqualTo(otherwise);
    assertThat(decide(traced, none, has)).isEqualTo(SeccompAction.ALLOW);
    assertThat(decide(none, traced, 0)).isEqualTo(SeccompAction.ALLOW);
    assertThat(decide(none, traced, has)).isEqualTo(otherwise);
    assertThat(decide(kernel("4.8"), none, 0)).isEqualTo(SeccompAction.ALLOW);
    assertThat(decide(kernel("6.2"), none, 0)).isEqualTo(otherwise);
    assertThat(decide(none, kernel("4.8"), 0)).isEqualTo(otherwise);
    assertThat(decide(new Seccomp.Filter(List.of(), List.of("arm64"), 0), none, 0))
        .isEqualTo(otherwise);
    assertThat(decide(new Seccomp.Filter(List.of(), List.of("amd64", "arm64"), 0), none, 0))
        .isEqualTo(SeccompAction.ALLOW);
  }

  @Test
  void whatIsNewerThanTheProfileLooksAbsentAndX32IsNoWayIn() {
    Seccomp.Profile profile =
        new Seccomp.Profile(
            new HostPath("/p.json"),
            "",
            0,
            SeccompAction.ALLOW,
            List.of(allow("read", Seccomp.Filter.NONE, Seccomp.Filter.NONE)));
    BpfMachine machine =
        new BpfMachine(ProfileCompiler.compile(profile, MACHINE, 0, new FakeHost(Map.of())));
    assertThat(machine.run(MACHINE.audit(), 0x4000_0000 | PTRACE))
        .isEqualTo(SeccompAction.ABSENT.value());
    assertThat(machine.run(MACHINE.audit(), PTRACE)).isEqualTo(SeccompAction.ALLOW.value());
    assertThat(machine.run(0x40000003, READ)).isEqualTo(SeccompAction.KILL_PROCESS.value());
  }
}
