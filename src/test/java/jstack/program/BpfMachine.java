package jstack.program;

/** Runs a filter as the kernel would, and refuses what the kernel's checker would refuse. */
final class BpfMachine {
  private final Bpf program;
  private int steps;

  BpfMachine(Bpf program) {
    this.program = program;
  }

  /** How many instructions the last call took. */
  int steps() {
    return steps;
  }

  /** What the filter returns for a call. */
  int run(int architecture, int number, long... arguments) {
    int register = 0;
    steps = 0;
    for (int at = 0; ; at++) {
      Bpf.Op op = program.ops().get(at);
      steps++;
      switch (op.code()) {
        case Bpf.LOAD -> register = word(op.k(), architecture, number, arguments);
        case Bpf.AND -> register &= op.k();
        case Bpf.JUMP -> at += op.k();
        case Bpf.IF_EQUAL -> at += register == op.k() ? op.ifTrue() : op.ifFalse();
        case Bpf.IF_ABOVE ->
            at += Integer.compareUnsigned(register, op.k()) > 0 ? op.ifTrue() : op.ifFalse();
        case Bpf.IF_AT_LEAST ->
            at += Integer.compareUnsigned(register, op.k()) >= 0 ? op.ifTrue() : op.ifFalse();
        case Bpf.RETURN -> {
          return op.k();
        }
        default -> throw new IllegalStateException("the kernel refuses code " + op.code());
      }
    }
  }

  private static int word(int offset, int architecture, int number, long... arguments) {
    return switch (offset) {
      case 0 -> number;
      case 4 -> architecture;
      default -> {
        int argument = (offset - 16) / 8;
        long value = argument < arguments.length ? arguments[argument] : 0;
        yield (int) (offset % 8 == 0 ? value : value >>> 32);
      }
    };
  }
}
