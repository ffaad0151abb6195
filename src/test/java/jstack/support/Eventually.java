package jstack.support;

import java.time.Duration;

/** For what another process brings about: asks again until it is so, or says why it is not. */
public final class Eventually {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private Eventually() {}

  public static void check(ThrowingCheck check) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        check.run();
        return;
      } catch (AssertionError | Exception e) {
        if (System.nanoTime() > deadline) {
          throw e instanceof AssertionError error ? error : new AssertionError(e);
        }
        Thread.sleep(20);
      }
    }
  }

  /** A check that may fail in any way while it is not yet so. */
  public interface ThrowingCheck {
    void run() throws Exception;
  }
}
