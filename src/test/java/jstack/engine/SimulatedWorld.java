package jstack.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import jstack.manifest.HostPath;
import jstack.plan.Action;
import jstack.plan.Plan;
import jstack.plan.PlanOptions;
import jstack.plan.Planner;
import jstack.program.HostInstruction;
import jstack.program.LimitWrite;
import jstack.program.Program;
import jstack.program.ProgramCodec;
import jstack.state.ContainerId;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.RunState;
import jstack.state.SeenLimits;

/**
 * A machine without one: containers, the kernel's files of their limits, and the networks that were
 * made. What an action does to it is written down here a second time, in a few lines.
 */
final class SimulatedWorld {
  private final Map<ContainerId, ObservedContainer> containers = new LinkedHashMap<>();
  private final Map<ContainerId, Integer> births = new HashMap<>();
  private final Map<HostPath, String> kernel = new HashMap<>();
  private StackFixture connected;

  /**
   * @param connected whose networks are made; one without any for an empty machine
   */
  SimulatedWorld(StackFixture connected) {
    this.connected = connected;
  }

  Plan plan(StackFixture stack, PlanOptions options) {
    SeenLimits seen = new SeenLimits(kernel, Map.of());
    return Planner.plan(
        stack.desired(connected),
        new Observed("demo", List.copyOf(containers.values()), seen),
        options);
  }

  /** Without the limits. */
  Observed observed() {
    return new Observed("demo", List.copyOf(containers.values()));
  }

  boolean anyRestarts() {
    return containers.values().stream().anyMatch(c -> c.state() == RunState.RESTARTING);
  }

  void apply(Plan plan, StackFixture stack) {
    boolean live = plan.changes().stream().allMatch(Action::isLive);
    plan.limits().writes().forEach(this::write);
    Program limits = plan.limits().program();
    if (limits != null) {
      containers.replaceAll(
          (id, container) ->
              container
                  .program()
                  .map(program -> is(id, container.state(), program.withStackLimitsOf(limits)))
                  .orElse(container));
    }
    for (Action planned : plan.changes()) {
      Action action = planned;
      if (planned instanceof Action.Adopt adopt) {
        ObservedContainer left = containers.get(adopt.id());
        containers.put(
            adopt.id(),
            new ObservedContainer(
                adopt.id(), RunState.RUNNING, left.encodedProgram(), Optional.empty(), 0));
        if (adopt.then() instanceof Action.Keep) {
          continue;
        }
        action = adopt.then();
      }
      Program program = program(action);
      if (action instanceof Action.Adjust adjust) {
        assertThat(adjust.changeClass().toString()).isEqualTo("live");
        adjust.writes().forEach(this::write);
        RunState state = containers.get(action.id()).state();
        containers.put(action.id(), is(action.id(), state, adjust.program()));
      } else if (program != null) {
        forget(action.id());
        births.merge(action.id(), 1, Integer::sum);
        containers.put(action.id(), is(action.id(), RunState.RUNNING, program));
        program
            .all(HostInstruction.Write.class)
            .forEach(write -> kernel.put(write.file(), write.text()));
      } else {
        forget(action.id());
        containers.remove(action.id());
      }
    }
    if (!live || !plan.network().isEmpty()) {
      connected = stack;
    }
  }

  private static Program program(Action action) {
    if (action instanceof Action.Create create) {
      return create.program();
    }
    if (action instanceof Action.Start start) {
      return start.program();
    }
    return action instanceof Action.Recreate recreate ? recreate.program() : null;
  }

  private void write(LimitWrite write) {
    kernel.put(write.file(), write.text());
  }

  private void forget(ContainerId id) {
    kernel.keySet().removeIf(file -> file.value().contains("/demo/" + id.name() + "/"));
  }

  private static ObservedContainer is(ContainerId id, RunState state, Program program) {
    return new ObservedContainer(id, state, ProgramCodec.encode(program), Optional.empty(), 0);
  }

  /** How often each container was begun: who runs on is not begun again. */
  Map<ContainerId, Integer> births() {
    return Map.copyOf(births);
  }

  /** Something happens to a container, or to a limit of it. */
  void strike(Random random) {
    List<ContainerId> ids = new ArrayList<>(containers.keySet());
    if (ids.isEmpty()) {
      return;
    }
    ContainerId id = ids.get(random.nextInt(ids.size()));
    ObservedContainer container = containers.get(id);
    if (random.nextInt(3) == 0 && container.state().isAlive()) {
      for (HostPath file : List.copyOf(kernel.keySet())) {
        if (file.value().endsWith("/demo/" + id.name() + "/pids.max")) {
          kernel.put(file, Integer.toString(1 + random.nextInt(5000)));
        }
      }
      return;
    }
    RunState state = RunState.values()[random.nextInt(RunState.values().length)];
    boolean torn = random.nextInt(10) == 0;
    byte[] program = torn ? new byte[0] : container.encodedProgram();
    containers.put(id, new ObservedContainer(id, state, program, Optional.empty(), 1));
    if (!state.isAlive()) {
      forget(id);
    }
  }
}
