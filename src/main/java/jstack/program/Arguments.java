package jstack.program;

import java.util.ArrayList;
import java.util.List;

/** Those of an instruction that has one list at its end. */
final class Arguments {
  private Arguments() {}

  static List<String> concat(List<String> head, List<String> tail) {
    List<String> all = new ArrayList<>(head);
    all.addAll(tail);
    return all;
  }
}
