package jstack.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.linux.Capability;
import jstack.linux.MountAttribute;
import jstack.linux.MountFlag;
import jstack.linux.MountInfo;
import jstack.program.Instruction;
import jstack.program.MountInstruction;
import jstack.program.ProcessInstruction;
import jstack.program.Program;
import jstack.program.Step;
import jstack.state.KernelView;

/** The mounts of a container: each that was made is there, of its kind, and no more open. */
final class MountVerifier {
  private final KernelView kernel;
  private final long init;
  private final DriftList drifts;
  private final Map<String, Expected> expected = new LinkedHashMap<>();
  private final Map<Integer, MountInstruction.OpenTree> trees = new HashMap<>();

  /**
   * @param type empty where it is that of somebody else's file system
   * @param attributes MOUNT_ATTR_*
   * @param source the file or directory that is seen; empty for a file system of its own
   * @param recursive whether mounts below it came along
   */
  private record Expected(
      String type, long attributes, String source, boolean recursive, Step step) {
    Expected with(long set, long clear) {
      return new Expected(type, (attributes | set) & ~clear, source, recursive, step);
    }
  }

  MountVerifier(KernelView kernel, long init, DriftList drifts) {
    this.kernel = kernel;
    this.init = init;
    this.drifts = drifts;
  }

  void verify(Program program) {
    if (program.all(MountInstruction.PivotRoot.class).findAny().isEmpty()) {
      return; // The tree is the machine's, or another's.
    }
    program.steps().forEach(this::expect);
    Map<String, MountInfo> seen = new LinkedHashMap<>();
    List<MountInfo> all = MountInfo.parseAll(kernel.proc(init, "mountinfo"));
    all.forEach(mount -> seen.put(mount.mountPoint(), mount)); // the last one lies on top
    if (seen.isEmpty()) {
      return; // It has ended meanwhile.
    }
    Map<String, Expected> places = new LinkedHashMap<>();
    expected.forEach(
        (target, mount) -> {
          String place = seen.containsKey(target) ? target : kernel.real(init, target);
          places.put(place, mount);
          compare(target, mount, seen.get(place), place);
          if (mount.recursive() && isReadOnly(mount)) {
            below(target, mount, place, all);
          }
        });
    if (program.all(ProcessInstruction.Bounding.class).noneMatch(MountVerifier::mounts)) {
      seen.forEach((place, mount) -> strange(place, mount, places, program));
    }
  }

  /** Whether it may mount whatever it likes itself. */
  private static boolean mounts(ProcessInstruction.Bounding bounding) {
    return (bounding.mask() & Capability.mask(List.of(Capability.SYS_ADMIN))) != 0;
  }

  private void expect(Step step) {
    Instruction instruction = step.instruction();
    if (instruction instanceof MountInstruction.MountHost mount && mount.type().equals("overlay")) {
      long attributes = (mount.flags() & MountFlag.NOSUID) != 0 ? MountAttribute.NOSUID : 0;
      attributes |= (mount.flags() & MountFlag.NODEV) != 0 ? MountAttribute.NODEV : 0;
      expected.put("/", new Expected("overlay", attributes, "", false, step));
    } else if (instruction instanceof MountInstruction.OpenTree tree) {
      trees.put(tree.slot(), tree);
    } else if (instruction instanceof MountInstruction.MountTree mount) {
      MountInstruction.OpenTree tree = trees.get(mount.slot());
      if (tree != null) {
        String source = tree.source().value();
        expected.put(
            mount.target().value(), new Expected("", tree.set(), source, tree.recursive(), step));
      }
    } else if (instruction instanceof MountInstruction.MountNew mount) {
      expected.put(
          mount.target().value(), new Expected(mount.type(), mount.attributes(), "", false, step));
    } else if (instruction instanceof MountInstruction.Mask mask) {
      // Whatever hides it; where the kernel has no such file there is nothing to hide.
      if (kernel.has(mask.path().value())) {
        expected.put(mask.path().value(), new Expected("", 0, "", false, step));
      }
    } else if (instruction instanceof MountInstruction.ReadOnly only) {
      if (kernel.has(only.path().value())) {
        long set = MountAttribute.RDONLY;
        expected.put(only.path().value(), new Expected("", set, "", false, step));
      }
    } else if (instruction instanceof MountInstruction.SetAttributes change) {
      expected.computeIfPresent(
          change.mountPoint().value(), (path, known) -> known.with(change.set(), change.clear()));
    }
  }

  private static boolean isReadOnly(Expected mount) {
    return (mount.attributes() & MountAttribute.RDONLY) != 0;
  }

  private static String key(String target) {
    return target.equals("/") ? "rootfs" : "mounts[" + target + "]";
  }

  private void compare(
      String target,
      Expected wanted,
      @org.jspecify.annotations.Nullable MountInfo seen,
      String place) {
    String what = wanted.type().isEmpty() ? "mounted" : wanted.type();
    if (seen == null) {
      drifts.add(key(target), what, "not mounted", wanted.step());
      return;
    }
    if (!wanted.type().isEmpty() && !wanted.type().equals(seen.type())) {
      drifts.add(key(target), what, seen.type(), wanted.step());
      return;
    }
    List<String> missing = missing(wanted.attributes(), seen.options());
    if (!missing.isEmpty()) {
      String is = String.join(",", seen.options());
      drifts.add(key(target), String.join(",", missing), is, wanted.step());
    }
    boolean closed =
        !isReadOnly(wanted) && !wanted.type().isEmpty() && seen.options().contains("ro");
    if (closed) {
      drifts.add(key(target), "rw", "ro", wanted.step());
    }
    if (!wanted.source().isEmpty()
        && kernel.identity(KernelView.SELF, wanted.source()).isPresent()
        && !kernel
            .identity(KernelView.SELF, wanted.source())
            .equals(kernel.identity(init, place))) {
      drifts.add(key(target), wanted.source(), "another file", wanted.step());
    }
  }

  /** What came along from below a source is as closed as that. */
  private void below(String target, Expected wanted, String place, List<MountInfo> all) {
    for (MountInfo mount : all) {
      if (mount.mountPoint().startsWith(place + "/") && !mount.options().contains("ro")) {
        drifts.add(key(target), "ro", mount.mountPoint() + " rw", wanted.step());
      }
    }
  }

  private static List<String> missing(long attributes, List<String> options) {
    List<String> missing = new ArrayList<>();
    Map<String, Long> words = new LinkedHashMap<>();
    words.put("ro", MountAttribute.RDONLY);
    words.put("nosuid", MountAttribute.NOSUID);
    words.put("nodev", MountAttribute.NODEV);
    words.put("noexec", MountAttribute.NOEXEC);
    words.forEach(
        (word, bit) -> {
          if ((attributes & bit) != 0 && !options.contains(word)) {
            missing.add(word);
          }
        });
    return missing;
  }

  private void strange(
      String place, MountInfo mount, Map<String, Expected> places, Program program) {
    if (places.containsKey(place)) {
      return;
    }
    for (Map.Entry<String, Expected> known : places.entrySet()) {
      if (known.getValue().recursive() && place.startsWith(known.getKey() + "/")) {
        return; // It came along with what it is in.
      }
    }
    Step root =
        program.steps().stream()
            .filter(step -> step.instruction() instanceof MountInstruction.PivotRoot)
            .findFirst()
            .orElseThrow();
    drifts.add(key(place), "nothing", mount.type(), root);
  }
}
