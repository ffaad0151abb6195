package jstack.program;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jstack.diag.Origin;
import jstack.linux.MountAttribute;
import jstack.linux.MountInfo;
import jstack.linux.Namespace;
import jstack.manifest.HostPath;

/**
 * A checkpoint and its way back. The program of a restore is that of the container, without what
 * criu makes of its images: it sets the cgroups, the network and the root, and ends in criu instead
 * of the command.
 */
public final class RestoreCompiler {
  /** tar and gzip, by which criu brings back what a tmpfs held. */
  private static final String PATH =
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  private static final long MADE_AROUND_IT =
      Integer.toUnsignedLong(Namespace.MOUNT.cloneFlag() | Namespace.NETWORK.cloneFlag());

  private RestoreCompiler() {}

  /** The words for criu that keep a running container; see {@link CriuArguments#dump}. */
  public static List<String> dump(
      Program program,
      List<MountInfo> mounts,
      OutsideFiles outside,
      long pid,
      HostPath images,
      HostPath committed) {
    return CriuArguments.dump(program, mounts, outside, pid, images, committed);
  }

  /**
   * The program that makes a container again.
   *
   * @param criu its file
   */
  public static Program restore(
      Program program,
      OutsideFiles outside,
      HostPath criu,
      HostPath images,
      HostPath runDirectory) {
    List<Step> steps = new ArrayList<>();
    for (Step step : program.steps()) {
      boolean last = step.phase() == Phase.TEARDOWN && steps.stream().noneMatch(s -> isLast(s));
      if (last) {
        steps.addAll(end(program, outside, criu, images, runDirectory));
      }
      if (isItsNumberOfProcesses(program, step.instruction())) {
        continue;
      }
      if (step.instruction() instanceof MountInstruction.OpenTree tree
          && tree.slot() == MountChapter.NULL_SLOT) {
        readOnly(tree).forEach(each -> steps.add(new Step(step.phase(), step.origin(), each)));
        continue;
      }
      around(program, step).ifPresent(i -> steps.add(new Step(step.phase(), step.origin(), i)));
    }
    if (steps.stream().noneMatch(RestoreCompiler::isLast)) {
      steps.addAll(end(program, outside, criu, images, runDirectory));
    }
    return new Program(steps);
  }

  /**
   * What hides files must not be writable, see op_mask, and criu keeps that of the first one only:
   * where it takes them from, the null device is read-only itself.
   */
  private static List<Instruction> readOnly(MountInstruction.OpenTree tree) {
    long set = MountAttribute.RDONLY | MountAttribute.NOSUID | MountAttribute.NOEXEC;
    return List.of(
        new MountInstruction.OpenTree(tree.slot(), tree.source(), false, set, 0, 0, false),
        new MountInstruction.PlaceTree(tree.slot(), tree.source()));
  }

  /**
   * criu forks more often than the container does, in its cgroup. The supervisor writes that limit
   * when criu has ended, from the container's own program; see supervise.c.
   */
  private static boolean isItsNumberOfProcesses(Program program, Instruction instruction) {
    return instruction instanceof HostInstruction.Write write
        && write.file().value().endsWith("/pids.max")
        && program
            .all(HostInstruction.RmdirCgroup.class)
            .anyMatch(own -> own.path().resolve("pids.max").equals(write.file()));
  }

  private static boolean isLast(Step step) {
    return step.instruction() instanceof ProcessInstruction.Restore;
  }

  /** What of a step is not kept in the images. */
  private static Optional<Instruction> around(Program program, Step step) {
    Instruction instruction = step.instruction();
    return switch (step.phase()) {
      case SUPERVISE, TEARDOWN -> Optional.of(instruction);
      case HOST ->
          instruction instanceof NamespaceInstruction.Spawn spawn
              ? Optional.of(
                  new NamespaceInstruction.Spawn(spawn.flags() & MADE_AROUND_IT, spawn.bornIn()))
              : Optional.of(instruction);
      case NAMESPACE -> Optional.of(instruction).filter(each -> isAround(program, each));
      case ROOT -> Optional.of(instruction).filter(RestoreCompiler::isOfTheNetwork);
      case PROCESS -> Optional.empty();
    };
  }

  /** The root is one of those, and so are the trees that it is put together from. */
  private static boolean isAround(Program program, Instruction instruction) {
    if (instruction instanceof MountInstruction.OpenTree tree) {
      return program
          .all(MountInstruction.PlaceTree.class)
          .anyMatch(place -> place.slot() == tree.slot());
    }
    return !(instruction instanceof HostInstruction.ReadFile // what it became is in a tmpfs
        || instruction instanceof MountInstruction.PivotRoot);
  }

  private static boolean isOfTheNetwork(Instruction instruction) {
    return instruction instanceof NamespaceInstruction.LoopbackUp
        || (instruction instanceof NamespaceInstruction.Sysctl sysctl
            && sysctl.name().startsWith("net/"));
  }

  private static List<Step> end(
      Program program,
      OutsideFiles outside,
      HostPath criu,
      HostPath images,
      HostPath runDirectory) {
    List<String> words = CriuArguments.restore(program, outside, images, runDirectory);
    Origin origin = CheckpointRefusals.origin(program);
    return List.of(
        new Step(Phase.PROCESS, origin, new ProcessInstruction.Environment(List.of(PATH))),
        new Step(Phase.PROCESS, origin, new ProcessInstruction.Restore(criu.value(), words)));
  }
}
