package jstack.bench;

/** The floor of every comparison: a JVM that prints one line. */
public final class OneLine {
  private OneLine() {}

  public static void main(String[] args) {
    System.out.println("one line");
  }
}
