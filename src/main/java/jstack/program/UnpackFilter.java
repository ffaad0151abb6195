package jstack.program;

import java.util.ArrayList;
import java.util.List;
import jstack.linux.Architecture;
import jstack.linux.SeccompAction;

/**
 * What the process that unpacks needs none of, on top of what the default filter refuses to
 * everybody: sockets that could be connected (a Java begins with a pair of its own), and programs
 * that are no files. A dozen instructions, written here so that nothing has to be read or compiled
 * while somebody waits for an archive.
 */
final class UnpackFilter {
  /** The calls, and their numbers on x86_64 and on aarch64; UnpackFilterTest holds them. */
  record Call(String name, int x86, int arm) {}

  static final List<Call> REFUSED =
      List.of(
          new Call("socket", 41, 198),
          new Call("memfd_create", 319, 279),
          new Call("execveat", 322, 281),
          new Call("ptrace", 101, 117),
          new Call("chroot", 161, 51),
          new Call("mq_open", 240, 180),
          new Call("shmget", 29, 194));

  private UnpackFilter() {}

  static Bpf of(Architecture architecture) {
    List<Bpf.Op> ops = new ArrayList<>();
    int calls = REFUSED.size();
    ops.add(new Bpf.Op(Bpf.LOAD, 0, 0, Bpf.ARCHITECTURE));
    ops.add(new Bpf.Op(Bpf.IF_EQUAL, 0, calls + 3, architecture.audit()));
    ops.add(new Bpf.Op(Bpf.LOAD, 0, 0, Bpf.NUMBER));
    for (int i = 0; i < calls; i++) {
      Call call = REFUSED.get(i);
      int number = architecture == Architecture.X86_64 ? call.x86() : call.arm();
      ops.add(new Bpf.Op(Bpf.IF_EQUAL, calls - i, 0, number));
    }
    ops.add(new Bpf.Op(Bpf.RETURN, 0, 0, SeccompAction.ALLOW.value()));
    ops.add(new Bpf.Op(Bpf.RETURN, 0, 0, SeccompAction.REFUSE.value()));
    ops.add(new Bpf.Op(Bpf.RETURN, 0, 0, SeccompAction.KILL_PROCESS.value()));
    return new Bpf(ops);
  }
}
