package jstack.engine;

import jnr.ffi.LibraryLoader;

/** Unpacks nothing and ends for no signal that a process may refuse. */
public final class StubbornUnpacker {
  private static final long SIG_IGN = 1;

  /** signal(2). */
  public interface LibC {
    long signal(int number, long handler);
  }

  private StubbornUnpacker() {}

  public static void main(String[] arguments) throws Exception {
    LibC c = LibraryLoader.create(LibC.class).load("c");
    for (int signal : new int[] {1, 2, 3, 15}) {
      c.signal(signal, SIG_IGN);
    }
    System.out.println("at 1 1");
    System.out.flush();
    while (true) {
      Thread.sleep(10_000);
    }
  }
}
