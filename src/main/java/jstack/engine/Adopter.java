package jstack.engine;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jstack.linux.Errno;
import jstack.linux.SmallFile;
import jstack.plan.Action;
import jstack.plan.Cause;
import jstack.plan.Plan;
import jstack.program.ChangeClass;
import jstack.state.ContainerId;
import jstack.state.FailureRecord;
import jstack.state.StateLayout;

/** Gives containers whose supervisor died a new one; see adopt.h. */
final class Adopter {
  private final StateLayout layout;
  private final EngineEvents events;

  Adopter(StateLayout layout, EngineEvents events) {
    this.layout = layout;
    this.events = events;
  }

  /** Asks for all of them at once; returns why some could not be adopted. */
  Map<ContainerId, String> adopt(List<ContainerId> ids, ShimLauncher launcher) {
    Map<Path, ContainerId> asked = new HashMap<>();
    for (ContainerId id : ids) {
      if (!Files.exists(layout.control(id), LinkOption.NOFOLLOW_LINKS)) {
        new SupervisorKiller(layout).kill(id);
      }
      asked.put(layout.container(id), id);
      launcher.adopt(layout.container(id));
    }
    Map<ContainerId, String> refused = new LinkedHashMap<>();
    for (int i = 0; i < ids.size(); i++) {
      ShimLauncher.Answer answer = launcher.await();
      ContainerId id = Optional.ofNullable(asked.get(answer.runDirectory())).orElseThrow();
      if (!answer.started()) {
        refused.put(id, why(id));
      }
    }
    return refused;
  }

  /** The plan with what is left to do: whoever could not be adopted is made anew. */
  Plan adopt(Plan plan, ShimLauncher launcher) {
    List<ContainerId> ids =
        plan.actions().stream().filter(Action.Adopt.class::isInstance).map(Action::id).toList();
    Map<ContainerId, String> refused = adopt(ids, launcher);
    List<Action> left = new ArrayList<>();
    for (Action action : plan.actions()) {
      if (!(action instanceof Action.Adopt adopt)) {
        left.add(action);
        continue;
      }
      String why = refused.get(adopt.id());
      if (why == null) {
        events.adopted(adopt.id(), adopt.causes());
        if (!(adopt.then() instanceof Action.Keep)) {
          left.add(adopt.then());
        }
      } else {
        List<Cause> causes = new ArrayList<>(adopt.causes());
        causes.add(Cause.of("it cannot have a new one: " + why, ChangeClass.RESTART));
        left.add(new Action.Recreate(adopt.id(), adopt.program(), causes));
      }
    }
    return new Plan(
        plan.project(), left, plan.startWaves(), plan.orphans(), plan.network(), plan.limits());
  }

  private String why(ContainerId id) {
    String text = SmallFile.text(layout.adoption(id).toString(), StandardCharsets.UTF_8);
    FailureRecord record =
        FailureRecord.parse(text).orElse(new FailureRecord(-1, 0, "no reason was recorded"));
    return record.errno() == 0 ? record.call() : record.call() + ": " + Errno.text(record.errno());
  }
}
