package jstack.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import jstack.linux.Architecture;
import jstack.linux.SeccompAction;
import jstack.linux.SyscallTable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The filter that is written by hand says what it means. */
class UnpackFilterTest {
  /** What it returns for a call, as the kernel would run it. */
  private static int run(Bpf filter, int machine, int number) {
    int word = 0;
    List<Bpf.Op> ops = filter.ops();
    for (int at = 0; ; at++) {
      Bpf.Op op = ops.get(at);
      switch (op.code()) {
        case Bpf.LOAD -> word = op.k() == Bpf.NUMBER ? number : machine;
        case Bpf.IF_EQUAL -> at += word == op.k() ? op.ifTrue() : op.ifFalse();
        case Bpf.RETURN -> {
          return op.k();
        }
        default -> throw new AssertionError(op);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Architecture.class)
  void theseAreRefusedAndNothingElse(Architecture architecture) {
    Bpf filter = UnpackFilter.of(architecture);
    List<String> refused = UnpackFilter.REFUSED.stream().map(UnpackFilter.Call::name).toList();
    SyscallTable.of(architecture)
        .names()
        .forEach(
            (number, name) -> {
              SeccompAction wanted =
                  refused.contains(name) ? SeccompAction.REFUSE : SeccompAction.ALLOW;
              assertThat(run(filter, architecture.audit(), number))
                  .as(name)
                  .isEqualTo(wanted.value());
            });
    assertThat(run(filter, 0x40000003, 41)).isEqualTo(SeccompAction.KILL_PROCESS.value());
    assertThat(SyscallTable.of(architecture).names())
        .containsValues(refused.toArray(new String[0]));
  }
}
