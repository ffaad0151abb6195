package jstack.manifest;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Numbers of processors or memory nodes, as in {@code 0-3,7}; see cpuset(7). */
public record IndexList(List<Integer> indexes) {
  /** More than any kernel can be built for. */
  private static final int MOST = 8192;

  /** In ascending order, each once. */
  public IndexList {
    indexes = List.copyOf(indexes);
  }

  /** Throws IllegalArgumentException with a message for the user. */
  public static IndexList parse(String text) {
    BitSet found = new BitSet();
    String stripped = text.strip();
    for (String part : stripped.split(",", -1)) {
      String range = part.strip();
      int dash = range.indexOf('-');
      int first = number(dash < 0 ? range : range.substring(0, dash), text);
      int last = dash < 0 ? first : number(range.substring(dash + 1), text);
      if (last < first) {
        throw new IllegalArgumentException("a range that ends before it begins: " + range);
      }
      found.set(first, last + 1);
    }
    List<Integer> indexes = new ArrayList<>();
    for (int i = found.nextSetBit(0); i >= 0; i = found.nextSetBit(i + 1)) {
      indexes.add(i);
    }
    return new IndexList(indexes);
  }

  private static int number(String digits, String whole) {
    boolean number = !digits.isEmpty() && digits.length() < 6;
    for (int i = 0; i < digits.length(); i++) {
      number &= digits.charAt(i) >= '0' && digits.charAt(i) <= '9';
    }
    int value = number ? Integer.parseInt(digits) : MOST;
    if (value >= MOST) {
      throw new IllegalArgumentException(
          "not a list of numbers: " + (whole.isBlank() ? "\"\"" : whole) + "; write it like 0-3,7");
    }
    return value;
  }

  /** What this list has and the other has not. */
  public IndexList without(IndexList other) {
    List<Integer> rest = new ArrayList<>(indexes);
    rest.removeAll(other.indexes);
    return new IndexList(rest);
  }

  /** The shortest form, which the kernel prints too; inverse of {@link #parse}. */
  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < indexes.size(); ) {
      int first = indexes.get(i);
      int last = first;
      while (++i < indexes.size() && indexes.get(i) == last + 1) {
        last++;
      }
      out.append(out.length() == 0 ? "" : ",").append(first);
      if (last > first) {
        out.append('-').append(last);
      }
    }
    return out.toString();
  }
}
