package jstack.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.LockSupport;

/**
 * The moments at which a test kills jstack: each step that changes something names itself before it
 * is done. With {@code JSTACK_CRASH=FILE} the names are added to a file, a line each; with {@code
 * JSTACK_CRASH=FILE:N} jstack stands still at the N-th and waits to be killed. Without, nothing.
 */
public final class CrashPoint {
  private static final String WISH = System.getenv().getOrDefault("JSTACK_CRASH", "");
  private static int count;

  private CrashPoint() {}

  public static void at(String step) {
    if (!WISH.isEmpty()) {
      reached(step);
    }
  }

  private static synchronized void reached(String step) {
    int colon = WISH.lastIndexOf(':');
    int last = colon < 0 ? 0 : Integer.parseInt(WISH.substring(colon + 1));
    Path file = Path.of(colon < 0 ? WISH : WISH.substring(0, colon));
    count++;
    try {
      Files.write(
          file,
          (step + "\n").getBytes(StandardCharsets.UTF_8),
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new IllegalStateException("cannot write " + file, e);
    }
    while (count == last) {
      LockSupport.park();
    }
  }
}
