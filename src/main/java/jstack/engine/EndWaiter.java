package jstack.engine;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import jstack.state.ContainerId;
import jstack.state.ObservedContainer;
import jstack.state.Observer;
import jstack.state.StateLayout;

/**
 * Waits for the ends of containers. Their supervisors tell, over the control socket; only where
 * there is none to ask, because it is dead, not there yet or told by too many to wait, the machine
 * is looked at again and again.
 */
public final class EndWaiter {
  private static final long LOOK_AGAIN_MILLIS = 50;
  private static final long ASK_AGAIN_NANOS = 1_000_000_000L;

  private final StateLayout layout;
  private final Observer observer;

  /** When those were asked last whose supervisor answered and whose container goes on. */
  private final Map<ContainerId, Long> answered = new HashMap<>();

  public EndWaiter(StateLayout layout, Observer observer) {
    this.layout = layout;
    this.observer = observer;
  }

  /**
   * Waits until the time is over or the caller has seen enough.
   *
   * @param timeout null waits for ever
   * @param ended is told of each container that is over, and answers whether to go on
   * @return those that had not ended
   */
  public List<ContainerId> await(
      List<ContainerId> ids, Optional<Duration> timeout, Predicate<ObservedContainer> ended)
      throws IOException {
    long deadline = timeout.map(t -> System.nanoTime() + t.toNanos()).orElse(Long.MAX_VALUE);
    List<ContainerId> left = new ArrayList<>(ids);
    Map<ContainerId, ShimClient> asked = new LinkedHashMap<>();
    try (Selector selector = Selector.open()) {
      while (true) {
        for (ContainerId id : List.copyOf(left)) {
          if (asked.containsKey(id)) {
            continue;
          }
          Optional<ObservedContainer> over = ask(id, selector, asked);
          if (over.isPresent()) {
            left.remove(id);
            if (!ended.test(over.get())) {
              return left;
            }
          }
        }
        long millis = timeout.isEmpty() ? 0 : (deadline - System.nanoTime()) / 1_000_000;
        if (left.isEmpty() || (timeout.isPresent() && millis <= 0)) {
          return left;
        }
        boolean unasked = asked.size() < left.size();
        long most = unasked ? LOOK_AGAIN_MILLIS : millis;
        selector.select(timeout.isPresent() ? Math.min(most, millis) : most);
        for (SelectionKey key : selector.selectedKeys()) {
          // An answer, or the end of a supervisor: what is true now, the machine tells.
          key.cancel();
          ContainerId id = (ContainerId) key.attachment();
          ShimClient client = asked.remove(id);
          answered.put(id, System.nanoTime());
          if (client != null) {
            client.close();
          }
        }
        selector.selectedKeys().clear();
      }
    } finally {
      asked.values().forEach(ShimClient::close);
    }
  }

  /** How it ended; empty when it has not, and its supervisor has been asked if it has one. */
  private Optional<ObservedContainer> ask(
      ContainerId id, Selector selector, Map<ContainerId, ShimClient> asked) {
    Optional<ObservedContainer> seen = observer.observe(id);
    if (seen.isEmpty()) {
      // Removed while we waited: nobody knows how it ended.
      return Optional.of(gone(id));
    }
    if (!seen.get().state().isSupervised()) {
      return seen.filter(container -> container.state().isOver());
    }
    Long before = answered.get(id);
    if (before != null && System.nanoTime() - before < ASK_AGAIN_NANOS) {
      return Optional.empty();
    }
    try {
      ShimClient client = ShimClient.send(layout.control(id), "wait");
      asked.put(id, client);
      client.register(selector, id);
    } catch (IOException e) {
      return Optional.empty(); // it may just have ended: looked at again soon
    }
    return Optional.empty();
  }

  private static ObservedContainer gone(ContainerId id) {
    return new ObservedContainer(id, jstack.state.RunState.LOST, new byte[0], Optional.empty(), 0);
  }
}
