package jstack.engine;

import java.util.List;
import jstack.state.ContainerId;

/** Connects the containers of a plan, at the moment at which they need it. */
public interface Connector {
  /** Nothing has to be connected. */
  Connector NONE =
      new Connector() {
        @Override
        public void connect() {}

        @Override
        public void disconnect(List<ContainerId> containers) {}
      };

  void connect();

  /** Containers that could not be started after all. */
  void disconnect(List<ContainerId> containers);
}
