package jstack.engine;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import jstack.state.ContainerId;

/** Connects the containers of a stack, and no more than those. */
public final class StackConnector implements Connector {
  private final StackNetwork network;
  private final Set<ContainerId> containers;

  /**
   * For an up.
   *
   * @param containers all that are there when the plan is done
   */
  public StackConnector(StackNetwork network, Set<ContainerId> containers) {
    this.network = network;
    this.containers = new LinkedHashSet<>(containers);
  }

  @Override
  public void connect() {
    network.apply(containers);
  }

  @Override
  public void disconnect(List<ContainerId> gone) {
    Set<ContainerId> left = new LinkedHashSet<>(containers);
    left.removeAll(gone);
    network.apply(left);
  }
}
