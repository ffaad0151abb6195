package jstack.engine;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.Observer;
import jstack.state.StateLayout;
import org.jspecify.annotations.Nullable;

/**
 * Waits for a project's records to change; see inotify(7). A pause, or a supervisor that was
 * killed, changes no record: the machine is looked at once a second as well.
 */
public final class StateWatcher implements AutoCloseable {
  private final StateLayout layout;
  private final Observer observer;
  private final String project;
  private final WatchService watches;
  private final Map<Path, WatchKey> keys = new HashMap<>();

  public StateWatcher(StateLayout layout, Observer observer, String project) throws IOException {
    this.layout = layout;
    this.observer = observer;
    this.project = project;
    this.watches = FileSystems.getDefault().newWatchService();
  }

  /** What is there, with a watch on all of it: no change from now on is missed. */
  public Observed look() {
    watch(layout.run());
    watch(layout.project(project));
    Observed observed = observer.observe(project);
    boolean fresh = false;
    for (ObservedContainer container : observed.containers()) {
      fresh |= watch(layout.container(container.id()));
    }
    return fresh ? observer.observe(project) : observed;
  }

  /**
   * Returns when something may have changed, after a second, or when it is so late.
   *
   * @param until null is at no time
   */
  public void await(@Nullable Instant until) throws InterruptedException {
    Instant now = Instant.now();
    // Of what is far away there may be more milliseconds than a long holds.
    boolean soon = until != null && until.isBefore(now.plusSeconds(1));
    long left = soon ? Duration.between(now, until).toMillis() + 1 : 1000;
    try {
      WatchKey key = watches.poll(Math.max(1, left), TimeUnit.MILLISECONDS);
      while (key != null) {
        key.pollEvents();
        if (!key.reset()) {
          WatchKey gone = key;
          keys.values().removeIf(gone::equals); // its directory was removed
        }
        key = watches.poll();
      }
    } catch (ClosedWatchServiceException e) {
      throw new InterruptedException("closed");
    }
  }

  private boolean watch(Path directory) {
    if (keys.containsKey(directory) || !Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    try {
      keys.put(
          directory,
          directory.register(
              watches,
              StandardWatchEventKinds.ENTRY_CREATE,
              StandardWatchEventKinds.ENTRY_MODIFY,
              StandardWatchEventKinds.ENTRY_DELETE));
      return true;
    } catch (IOException e) {
      return false; // gone meanwhile, or the machine has no more watches: looked at by the clock
    }
  }

  @Override
  public void close() throws IOException {
    watches.close();
  }
}
