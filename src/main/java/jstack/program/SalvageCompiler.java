package jstack.program;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import jstack.diag.Origin;
import jstack.linux.CgroupLayout;
import jstack.manifest.HostPath;

/**
 * What is left of a program when its record is torn: enough to end the container and to clear away
 * what it had on the host. Its cgroups are looked for where they are unless a manifest says more.
 */
public final class SalvageCompiler {
  private SalvageCompiler() {}

  /**
   * The program of one container, by its name alone.
   *
   * @param ours the directory of all our cgroups in each hierarchy
   * @param control where its supervisor listens
   */
  public static Program compile(
      CgroupLayout cgroups, String ours, String project, String name, HostPath control) {
    Set<String> mountPoints = new LinkedHashSet<>();
    String unified = cgroups.unified();
    if (unified != null) {
      mountPoints.add(unified);
    }
    cgroups.hierarchy("freezer").ifPresent(mountPoints::add);
    mountPoints.addAll(cgroups.controllers().values());
    List<Step> steps = new ArrayList<>();
    add(steps, Phase.SUPERVISE, new SupervisorInstruction.Control(control));
    for (String mountPoint : mountPoints) {
      HostPath top = new HostPath(mountPoint);
      HostPath base = cgroups.given().isEmpty() ? top : top.resolve(cgroups.given());
      HostPath stack = base.resolve(ours).resolve(project);
      if (steps.size() == 1) {
        add(steps, Phase.SUPERVISE, new SupervisorInstruction.KillWith(stack.resolve(name)));
      }
      add(steps, Phase.TEARDOWN, new HostInstruction.RmdirCgroup(stack.resolve(name)));
      add(steps, Phase.TEARDOWN, new HostInstruction.RmdirEmpty(stack));
      add(steps, Phase.TEARDOWN, new HostInstruction.RmdirEmpty(base.resolve(ours)));
    }
    return new Program(steps);
  }

  private static void add(List<Step> steps, Phase phase, Instruction instruction) {
    steps.add(new Step(phase, Origin.NONE, instruction));
  }
}
