package jstack.plan;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import jstack.manifest.HostPath;
import jstack.program.ChangeClass;
import jstack.program.LimitChanges;
import jstack.program.LimitWrite;
import jstack.program.Program;
import jstack.state.SeenLimits;
import org.jspecify.annotations.Nullable;

/**
 * What changes in the limits of the whole stack, while its containers run on.
 *
 * @param writes to the cgroups above the containers'
 * @param causes none when nothing changes
 * @param unknown kernel files that nobody knows how to set back
 * @param program one that has the limits that are wanted, for the records of all containers; null
 *     when those say the same already
 */
public record StackLimits(
    List<LimitWrite> writes,
    List<Cause> causes,
    List<HostPath> unknown,
    @Nullable Program program) {
  public static final StackLimits SAME = new StackLimits(List.of(), List.of(), List.of(), null);

  public StackLimits {
    writes = List.copyOf(writes);
    causes = List.copyOf(causes);
    unknown = List.copyOf(unknown);
  }

  public boolean isEmpty() {
    return causes.isEmpty();
  }

  private static boolean areAllWithout(Collection<Program> programs) {
    for (Program program : programs) {
      if (!LimitChanges.aboveContainer(program).isEmpty()) {
        return false;
      }
    }
    return true;
  }

  /**
   * From what is to what is wanted.
   *
   * @param running the programs of those that run
   * @param recorded those of all, which start again from them
   * @param updated places that an earlier run may have written to
   */
  static StackLimits between(
      Collection<Program> running,
      Collection<Program> recorded,
      Collection<Program> wanted,
      SeenLimits seen,
      Collection<LimitWrite.Place> updated) {
    if (recorded.isEmpty() || wanted.isEmpty()) {
      return SAME; // Whoever comes first makes the cgroup with its limits.
    }
    if (updated.isEmpty() && areAllWithout(recorded) && areAllWithout(wanted)) {
      return SAME;
    }
    Set<LimitWrite> asked = new HashSet<>();
    wanted.forEach(program -> asked.addAll(LimitChanges.ofStackIn(program)));
    boolean noted = recorded.stream().allMatch(p -> asked.equals(LimitChanges.ofStackIn(p)));
    Program any = wanted.iterator().next();
    if (running.isEmpty()) {
      return new StackLimits(List.of(), List.of(), List.of(), noted ? null : any);
    }
    LimitChanges changes = LimitChanges.ofStack(running, wanted, seen.texts(), updated);
    List<Cause> causes = new ArrayList<>();
    changes.changes().forEach(change -> causes.add(Cause.ofLimit(change, noted)));
    changes
        .unknown()
        .forEach(
            file -> causes.add(Cause.of(file + " is not asked for any more", ChangeClass.LIVE)));
    if (causes.isEmpty() && !(noted && changes.writes().isEmpty())) {
      causes.add(
          Cause.of("the records of its containers are older than its limits", ChangeClass.LIVE));
    }
    boolean settled = noted && updated.isEmpty() && changes.writes().isEmpty();
    return new StackLimits(changes.writes(), causes, changes.unknown(), settled ? null : any);
  }
}
