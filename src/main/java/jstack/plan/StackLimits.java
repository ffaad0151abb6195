package jstack.plan;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.manifest.HostPath;
import jstack.program.LimitChanges;
import jstack.program.LimitWrite;
import jstack.program.Program;
import org.jspecify.annotations.Nullable;

/**
 * What changes in the limits of the whole stack, while its containers run on.
 *
 * @param writes to the cgroups above the containers'
 * @param causes none when there is nothing to do
 * @param program one that has the limits that are wanted; null when there is nothing to do
 */
public record StackLimits(List<LimitWrite> writes, List<Cause> causes, @Nullable Program program) {
  public static final StackLimits SAME = new StackLimits(List.of(), List.of(), null);

  public StackLimits {
    writes = List.copyOf(writes);
    causes = List.copyOf(causes);
  }

  public boolean isEmpty() {
    return causes.isEmpty();
  }

  /**
   * From the programs of those that run to those that are wanted.
   *
   * @param seen what the kernel says
   */
  static StackLimits between(
      Collection<Program> running, Collection<Program> wanted, Map<HostPath, String> seen) {
    if (running.isEmpty() || wanted.isEmpty()) {
      return SAME; // Whoever comes first makes the cgroup with its limits.
    }
    LimitChanges changes = LimitChanges.ofStack(running, wanted, seen);
    List<Cause> causes = new ArrayList<>();
    Set<LimitWrite> asked = new HashSet<>();
    wanted.forEach(program -> asked.addAll(LimitChanges.ofStackIn(program)));
    boolean noted = running.stream().allMatch(p -> asked.equals(LimitChanges.ofStackIn(p)));
    changes.changes().forEach(change -> causes.add(Cause.ofLimit(change, noted)));
    if (causes.isEmpty() && !(noted && changes.writes().isEmpty())) {
      causes.add(Cause.of("the records of its containers are older than its limits"));
    }
    return new StackLimits(changes.writes(), causes, wanted.iterator().next());
  }
}
