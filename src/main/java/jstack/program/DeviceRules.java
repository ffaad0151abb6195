package jstack.program;

import java.util.List;
import jstack.manifest.HostPath;

/**
 * The devices of a container: those of its /dev and its terminals. In cgroups of version 2 a small
 * program of the kernel's decides about each attempt to make or open one; see {@code
 * bpf_cgroup_dev_ctx} in linux/bpf.h and the kernel's page on BPF's instruction set.
 */
final class DeviceRules {
  private static final int ANY = -1;

  /** Character devices by major and minor number. */
  private static final int[][] ALLOWED = {
    {1, 3}, {1, 5}, {1, 7}, {1, 8}, {1, 9}, {5, 0}, {5, 2}, {136, ANY}
  };

  private static final List<String> WORDS =
      List.of(
          "c 1:3 rwm",
          "c 1:5 rwm",
          "c 1:7 rwm",
          "c 1:8 rwm",
          "c 1:9 rwm",
          "c 5:0 rwm",
          "c 5:2 rwm",
          "c 136:* rwm");

  private static final List<String> ALL = List.of("a *:* rwm");

  private static final int LOAD_WORD = 0x61; // BPF_LDX | BPF_MEM | BPF_W
  private static final int AND = 0x57; // BPF_ALU64 | BPF_AND | BPF_K
  private static final int JUMP_UNLESS = 0x55; // BPF_JMP | BPF_JNE | BPF_K
  private static final int MOVE = 0xb7; // BPF_ALU64 | BPF_MOV | BPF_K
  private static final int EXIT = 0x95; // BPF_JMP | BPF_EXIT
  private static final int CHARACTER = 2; // BPF_DEVCG_DEV_CHAR

  /** The same for every container, made once. */
  private static final String USUAL = program();

  private DeviceRules() {}

  /**
   * @param all whether every device is the container's
   */
  static Instruction filter(HostPath cgroup, boolean all) {
    return all
        ? new HostInstruction.DeviceFilter(cgroup, everything(), ALL)
        : new HostInstruction.DeviceFilter(cgroup, USUAL, WORDS);
  }

  static Instruction list(HostPath cgroup, boolean all) {
    return new HostInstruction.DeviceList(cgroup, all ? ALL : WORDS);
  }

  private static String everything() {
    StringBuilder out = new StringBuilder();
    add(out, MOVE, 0, 0, 1);
    add(out, EXIT, 0, 0, 0);
    return out.toString();
  }

  /** Register 1 holds the question: the kind and what is wanted, the major, the minor number. */
  private static String program() {
    StringBuilder out = new StringBuilder();
    int kind = 2;
    int major = 3;
    int minor = 4;
    add(out, LOAD_WORD, kind | 1 << 4, 0, 0);
    add(out, AND, kind, 0, 0xffff);
    add(out, LOAD_WORD, major | 1 << 4, 4, 0);
    add(out, LOAD_WORD, minor | 1 << 4, 8, 0);
    int length = 0;
    for (int[] device : ALLOWED) {
      length += device[1] == ANY ? 3 : 4;
    }
    add(out, JUMP_UNLESS, kind, length, CHARACTER);
    for (int[] device : ALLOWED) {
      boolean any = device[1] == ANY;
      add(out, JUMP_UNLESS, major, any ? 2 : 3, device[0]);
      if (!any) {
        add(out, JUMP_UNLESS, minor, 2, device[1]);
      }
      add(out, MOVE, 0, 0, 1);
      add(out, EXIT, 0, 0, 0);
    }
    add(out, MOVE, 0, 0, 0);
    add(out, EXIT, 0, 0, 0);
    return out.toString();
  }

  /** One instruction of eight bytes, as a machine of low bytes first has it. */
  private static void add(StringBuilder out, int code, int registers, int offset, int value) {
    hex(out, code, 1);
    hex(out, registers, 1);
    hex(out, offset, 2);
    hex(out, value, 4);
  }

  private static void hex(StringBuilder out, int value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      int each = value >> (8 * i) & 0xff;
      out.append(Character.forDigit(each >> 4, 16)).append(Character.forDigit(each & 15, 16));
    }
  }
}
