package jstack.engine;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.Observer;
import jstack.state.RunState;
import jstack.state.StateLayout;
import org.jspecify.annotations.Nullable;

/** Hands over the output of containers while it is written, until the last of them has ended. */
public final class LogFollower {
  /** A process that dies without its supervisor changes no file: it is looked for this often. */
  private static final long LOOK_AGAIN_SECONDS = 2;

  private final StateLayout layout;
  private final Observer observer;
  private final Map<ContainerId, LogTail> tails = new LinkedHashMap<>();
  private volatile @Nullable WatchService waiting;

  /** Gets the records and learns of ends. */
  public interface Sink {
    void line(ContainerId id, LogRecord record);

    /** The container ended after its last line; {@code container} says how. */
    default void ended(ObservedContainer container) {}

    /** Everything that was there has been handed over; more may come. */
    default void idle() {}
  }

  public LogFollower(StateLayout layout, Observer observer) {
    this.layout = layout;
    this.observer = observer;
  }

  /** Follows a container from the beginning of its log, or from where another tail has come to. */
  public void follow(ContainerId id, LogTail tail) {
    tails.put(id, tail);
  }

  /**
   * Has {@link #run} ask at once whether it is cancelled; from another thread. An interrupt would
   * close the file or the socket that the thread is at; see {@code InterruptibleChannel}.
   */
  public void wake() {
    WatchService service = waiting;
    if (service != null) {
      try {
        service.close();
      } catch (IOException e) {
        // Then it asks two seconds later.
      }
    }
  }

  /**
   * Returns when all have ended or when {@code cancelled} says so.
   *
   * @param cancelled asked after each event and at least every two seconds
   */
  public void run(Sink sink, BooleanSupplier cancelled) throws IOException, InterruptedException {
    try (WatchService watcher = FileSystems.getDefault().newWatchService()) {
      waiting = watcher;
      Map<WatchKey, ContainerId> watched = new HashMap<>();
      for (ContainerId id : tails.keySet()) {
        Path directory = layout.container(id);
        if (Files.isDirectory(directory)) {
          WatchKey key =
              directory.register(
                  watcher,
                  StandardWatchEventKinds.ENTRY_CREATE,
                  StandardWatchEventKinds.ENTRY_MODIFY,
                  StandardWatchEventKinds.ENTRY_DELETE);
          watched.put(key, id);
        }
      }
      for (ContainerId id : java.util.List.copyOf(tails.keySet())) {
        look(id, sink);
      }
      while (!tails.isEmpty() && !cancelled.getAsBoolean()) {
        sink.idle();
        WatchKey key = watcher.poll(LOOK_AGAIN_SECONDS, TimeUnit.SECONDS);
        if (key == null) {
          for (ContainerId id : java.util.List.copyOf(tails.keySet())) {
            look(id, sink);
          }
          continue;
        }
        key.pollEvents();
        key.reset();
        ContainerId id = watched.get(key);
        if (id != null && tails.containsKey(id)) {
          look(id, sink);
        }
      }
      sink.idle();
    } catch (ClosedWatchServiceException e) {
      sink.idle(); // woken
    } finally {
      waiting = null;
    }
  }

  /** The state is read before the log: what was written before the end is then surely seen. */
  private void look(ContainerId id, Sink sink) throws IOException {
    LogTail tail = tails.get(id);
    if (tail == null) {
      return;
    }
    ObservedContainer container = observer.observe(id).orElse(null);
    tail.poll(record -> sink.line(id, record));
    if (container == null) {
      tails.remove(id);
      tail.close();
    } else if (container.state().isOver() || container.state() == RunState.CREATED) {
      tails.remove(id);
      tail.close();
      sink.ended(container);
    }
  }
}
