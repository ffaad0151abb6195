package jstack.program;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import jstack.manifest.HostPath;

/**
 * The limits that a program writes, in order.
 *
 * @param own the container's directories, one for each hierarchy
 * @param container those of the container itself
 * @param above those of the stack, and who shares controllers out for them
 * @param others what else it writes: version 1 wants a cpuset filled from the outside
 */
record Limits(
    Set<HostPath> own,
    List<LimitWrite> container,
    List<LimitWrite> above,
    List<LimitWrite> others) {

  static Limits of(List<Step> steps) {
    Set<HostPath> own = new LinkedHashSet<>();
    List<LimitWrite> all = new ArrayList<>();
    for (Step step : steps) {
      if (step.instruction() instanceof HostInstruction.MakeCgroup made) {
        own.add(made.directory());
      } else if (step.instruction() instanceof HostInstruction.Write write) {
        all.add(new LimitWrite(write.file(), write.text(), step.origin()));
      }
    }
    List<LimitWrite> container = new ArrayList<>();
    List<LimitWrite> above = new ArrayList<>();
    List<LimitWrite> others = new ArrayList<>();
    for (LimitWrite write : all) {
      boolean inside = own.contains(write.directory());
      (inside ? container : write.isAbove(own) ? above : others).add(write);
    }
    return new Limits(own, List.copyOf(container), List.copyOf(above), List.copyOf(others));
  }
}
