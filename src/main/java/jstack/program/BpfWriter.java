package jstack.program;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a BPF program from its end to its beginning: jumps only lead forwards, so where they lead
 * is written before they are. A place is how many instructions stand behind it, itself included.
 */
final class BpfWriter {
  /** A conditional jump leads over at most 255; two jumps may yet come in between. */
  private static final int REACH = 253;

  private final List<Bpf.Op> reversed = new ArrayList<>();
  private final Map<Integer, Integer> returns = new HashMap<>();

  private int add(int code, int ifTrue, int ifFalse, int k) {
    reversed.add(new Bpf.Op(code, ifTrue, ifFalse, k));
    return reversed.size();
  }

  /** How many instructions lie between one written now and a place. */
  private int distance(int place) {
    return reversed.size() - place;
  }

  /** The place of an end with this value: one in reach, or a new one. */
  int end(int value) {
    Integer known = returns.get(value);
    if (known != null && distance(known) <= REACH) {
      return known;
    }
    int place = add(Bpf.RETURN, 0, 0, value);
    returns.put(value, place);
    return place;
  }

  /** A comparison of the register. */
  int branch(int code, int k, int ifTrue, int ifFalse) {
    int no = distance(ifFalse) <= REACH ? ifFalse : add(Bpf.JUMP, 0, 0, distance(ifFalse));
    int yes = distance(ifTrue) <= REACH ? ifTrue : add(Bpf.JUMP, 0, 0, distance(ifTrue));
    return add(code, distance(yes), distance(no), k);
  }

  /** An instruction after which the one at a place is next. */
  int before(int next, int code, int k) {
    if (distance(next) > 0) {
      add(Bpf.JUMP, 0, 0, distance(next));
    }
    return add(code, 0, 0, k);
  }

  Bpf toBpf() {
    List<Bpf.Op> ops = new ArrayList<>(reversed);
    Collections.reverse(ops);
    return new Bpf(ops);
  }
}
