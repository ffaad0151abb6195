package jstack.state;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.diag.Inputs;
import jstack.manifest.HostPath;
import jstack.program.LimitChanges;
import jstack.program.LimitWrite;
import jstack.program.Program;

/**
 * What the kernel says of the limits of those that run, asked container by container as it becomes
 * known what each shall run.
 */
public final class LimitLook {
  private final LimitObserver notes;
  private final Observed observed;
  private final Inputs inputs;
  private final Map<HostPath, String> texts = new HashMap<>();
  private final Set<HostPath> asked = new HashSet<>();
  private final Map<ContainerId, List<LimitWrite.Place>> updated = new HashMap<>();
  private final Set<ContainerId> wanted = new HashSet<>();
  private final List<Program> programs = new ArrayList<>();

  /**
   * @param inputs is told of what the kernel said
   */
  public LimitLook(StateLayout layout, Observed observed, Inputs inputs) {
    this(new LimitObserver(layout), observed, inputs);
  }

  LimitLook(LimitObserver notes, Observed observed, Inputs inputs) {
    this.inputs = inputs;
    this.notes = notes;
    this.observed = observed;
  }

  public Observed observed() {
    return observed;
  }

  /** At the container that shall run a program, if it is there. */
  public void at(ContainerId id, Program program) {
    wanted.add(id);
    programs.add(program);
    observed
        .find(id)
        .filter(container -> container.state().hasProcess())
        .ifPresent(
            container -> {
              LimitChanges.files(program, this::read);
              if (!container.runs(program)) {
                atRecorded(container);
              }
              atUpdated(id);
            });
  }

  /** The same with what was seen; those that nobody wants are looked at, too. */
  public Observed done() {
    for (ObservedContainer container : observed.containers()) {
      if (container.state().hasProcess() && !wanted.contains(container.id())) {
        atRecorded(container);
        atUpdated(container.id());
      }
    }
    if (!asked.isEmpty()) {
      for (Program program : programs) {
        LimitChanges.aboveContainer(program).forEach(write -> read(write.file()));
      }
    }
    return observed.with(new SeenLimits(texts, updated));
  }

  private void atRecorded(ObservedContainer container) {
    container.program().ifPresent(old -> LimitChanges.filesOfOld(old, this::read));
  }

  private void atUpdated(ContainerId id) {
    List<LimitWrite.Place> places = notes.updates(id, inputs);
    if (!places.isEmpty()) {
      updated.put(id, places);
      places.forEach(place -> LimitChanges.filesOfOld(place, this::read));
    }
  }

  private void read(HostPath file) {
    if (asked.add(file)) {
      LimitObserver.read(file, inputs).ifPresent(text -> texts.put(file, text));
    }
  }
}
