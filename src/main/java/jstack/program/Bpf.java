package jstack.program;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * A program of classic BPF, as the kernel takes it for a filter; see seccomp(2), linux/filter.h.
 */
record Bpf(List<Op> ops) {
  /** BPF_MAXINSNS. */
  static final int LONGEST = 4096;

  /** BPF_LD | BPF_W | BPF_ABS: a word of struct seccomp_data into the register. */
  static final int LOAD = 0x20;

  /** BPF_ALU | BPF_AND | BPF_K. */
  static final int AND = 0x54;

  /** BPF_JMP | BPF_JA: over as many instructions as k says. */
  static final int JUMP = 0x05;

  static final int IF_EQUAL = 0x15;
  static final int IF_ABOVE = 0x25;
  static final int IF_AT_LEAST = 0x35;

  /** BPF_RET | BPF_K. */
  static final int RETURN = 0x06;

  /** Where a word stands in struct seccomp_data. */
  static final int NUMBER = 0;

  static final int ARCHITECTURE = 4;

  private static final int BYTES = 8;

  /** struct sock_filter. */
  record Op(int code, int ifTrue, int ifFalse, int k) {}

  Bpf {
    ops = List.copyOf(ops);
  }

  /** The low half of an argument, on machines that are little-endian, as all of ours. */
  static int low(int argument) {
    return 16 + 8 * argument;
  }

  static int high(int argument) {
    return low(argument) + 4;
  }

  byte[] bytes() {
    ByteBuffer out = ByteBuffer.allocate(ops.size() * BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (Op op : ops) {
      out.putShort((short) op.code()).put((byte) op.ifTrue()).put((byte) op.ifFalse());
      out.putInt(op.k());
    }
    return out.array();
  }

  /** For the wire. */
  String base64() {
    return Base64.getEncoder().encodeToString(bytes());
  }

  /** Throws IllegalArgumentException for what {@link #base64} did not make. */
  static Bpf ofBase64(String text) {
    byte[] bytes = Base64.getDecoder().decode(text);
    if (bytes.length == 0 || bytes.length % BYTES != 0 || bytes.length / BYTES > LONGEST) {
      throw new IllegalArgumentException("not a filter: " + bytes.length + " bytes");
    }
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    List<Op> ops = new ArrayList<>();
    while (in.hasRemaining()) {
      ops.add(new Op(in.getShort() & 0xffff, in.get() & 0xff, in.get() & 0xff, in.getInt()));
    }
    return new Bpf(ops);
  }
}
