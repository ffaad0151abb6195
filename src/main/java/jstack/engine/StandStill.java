package jstack.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import jstack.state.ProcessTable;

/**
 * Finds out of whom no answer will come: a process that a signal has stopped, and that nobody lets
 * go on. Whoever is only slow is left to the deadline.
 */
final class StandStill {
  /** Between two looks. */
  static final Duration PAUSE = Duration.ofSeconds(1);

  /** Counted, not timed: whoever was stopped together with us goes on with us. */
  private static final int MOST = 10;

  private final ProcessTable processes = new ProcessTable(Path.of("/proc"));
  private final Map<Long, Integer> stopped = new HashMap<>();

  /** Looks at them once more; the first that stood still at so many looks in a row. */
  OptionalLong look(Collection<Long> pids) {
    for (long pid : pids) {
      if (!processes.isStopped(pid)) {
        stopped.remove(pid);
      } else if (stopped.merge(pid, 1, Integer::sum) >= MOST) {
        return OptionalLong.of(pid);
      }
    }
    return OptionalLong.empty();
  }

  /** What is said of it: {@code process 17 (jstack-shim) was stopped by a signal}. */
  static String words(String name, long pid) {
    return "process " + pid + " (" + name + ") was stopped by a signal, and nobody lets it go on";
  }
}
