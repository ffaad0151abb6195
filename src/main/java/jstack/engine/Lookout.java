package jstack.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import jstack.program.Program;
import jstack.program.ProgramCodec;
import jstack.state.ContainerId;
import jstack.state.LimitLook;
import jstack.state.Observed;

/**
 * Looks at a project on a thread of its own, while it is compiled what that shall be: first at all
 * containers, then at each that can be compared with a program by now. A stack that is as it shall
 * be costs nothing but these two, and the machine has more than one processor.
 */
public final class Lookout implements AutoCloseable {
  private final ExecutorService thread = Executors.newSingleThreadExecutor(Lookout::daemon);
  private final List<Future<?>> comparisons = new ArrayList<>();
  private final Future<LimitLook> look;

  /** Begins to look at once. */
  public Lookout(Callable<LimitLook> observe) {
    look = thread.submit(observe);
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "lookout");
    thread.setDaemon(true);
    return thread;
  }

  /** The containers; waits for them. */
  public Observed observed() {
    return get(look).observed();
  }

  /** Has the program compared with what runs. Until all are, nobody else asks it for anything. */
  public void compare(ContainerId id, Program program) {
    comparisons.add(
        thread.submit(
            () -> {
              LimitLook seen = look.get();
              seen.at(id, program);
              if (seen.observed().find(id).isEmpty()) {
                ProgramCodec.encode(program); // it will be made, and its program written
              }
              return id;
            }));
  }

  /** The containers with what the kernel says of their limits; waits for all comparisons. */
  public Observed compared() {
    LimitLook seen = get(look);
    comparisons.forEach(Lookout::get);
    return get(thread.submit(seen::done));
  }

  private static <T> T get(Future<T> answer) {
    try {
      return answer.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Waiting.cancelled();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException problem) {
        throw problem;
      }
      throw new IllegalStateException("looking at the containers", e);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
