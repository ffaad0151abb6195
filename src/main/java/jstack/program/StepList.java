package jstack.program;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Origin;

/** Collects the steps of one phase after the other, whichever chapter they come from. */
final class StepList {
  private final Map<Phase, List<Step>> byPhase = new EnumMap<>(Phase.class);

  void add(Phase phase, Origin origin, Instruction instruction) {
    byPhase
        .computeIfAbsent(phase, key -> new ArrayList<>())
        .add(new Step(phase, origin, instruction));
  }

  Program toProgram() {
    List<Step> steps = new ArrayList<>();
    byPhase.values().forEach(steps::addAll);
    return new Program(steps);
  }
}
