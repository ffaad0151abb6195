package jstack.program;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.linux.MountInfo;
import jstack.manifest.HostPath;

/**
 * What criu(8) is told of a container. It keeps processes, memory, and the mount, pid, ipc and uts
 * namespaces; the network, the cgroups and the root are made again by the container's own program.
 */
final class CriuArguments {
  /** What hides files of the kernel's own trees. */
  private static final String NULL = "null";

  private CriuArguments() {}

  /**
   * To keep a container in images and end it.
   *
   * @param mounts of the container, as it sees them
   * @param committed a script that makes the images count; when it fails the container goes on
   */
  static List<String> dump(
      Program program,
      List<MountInfo> mounts,
      OutsideFiles outside,
      long pid,
      HostPath images,
      HostPath committed) {
    List<String> words = new ArrayList<>(List.of("dump", "--tree", Long.toString(pid)));
    words.addAll(common(images, "dump.log"));
    words.addAll(List.of("--action-script", committed.value()));
    for (String file :
        List.of(
            outside.exit(),
            outside.stdout(),
            outside.stderr(),
            outside.stdin(),
            outside.program())) {
      words.addAll(List.of("--external", file));
    }
    Map<String, String> names = names(program);
    for (MountInfo mount : mounts) {
      String name = names.getOrDefault(mount.mountPoint(), "");
      if (!name.isEmpty() && !(name.equals(NULL) && mount.type().equals("tmpfs"))) {
        words.addAll(List.of("--external", "mnt[" + mount.mountPoint() + "]:" + name));
      }
    }
    requirePlain(program, mounts);
    return words;
  }

  /**
   * To make the processes of a container again from its images; the descriptors are restore.c's.
   */
  static List<String> restore(
      Program program, OutsideFiles outside, HostPath images, HostPath runDirectory) {
    List<String> words = new ArrayList<>(List.of("restore", "--restore-detached"));
    words.addAll(common(images, "restore.log"));
    words.addAll(List.of("--pidfile", runDirectory.resolve("pid").value()));
    program
        .all(MountInstruction.PivotRoot.class)
        .forEach(pivot -> words.addAll(List.of("--root", pivot.newRoot().value())));
    List<String> inherited =
        List.of(
            outside.exit(), outside.stdout(), outside.stderr(), outside.stdin(), OutsideFiles.SHIM);
    for (int i = 0; i < inherited.size(); i++) {
      words.addAll(List.of("--inherit-fd", "fd[" + (100 + i) + "]:" + inherited.get(i)));
    }
    words.addAll(List.of("--external", "mnt[" + NULL + "]:/dev/null"));
    program
        .all(MountInstruction.OpenTree.class)
        .filter(tree -> tree.slot() != MountChapter.NULL_SLOT)
        .forEach(
            tree ->
                words.addAll(
                    List.of("--external", "mnt[" + name(tree.slot()) + "]:" + tree.source())));
    return words;
  }

  private static List<String> common(HostPath images, String log) {
    return List.of(
        "--no-default-config",
        "--images-dir",
        images.value(),
        "--log-file",
        log,
        "--manage-cgroups=ignore",
        "--file-locks");
  }

  /** The places of mounts whose source is outside of the container, and what criu calls those. */
  private static Map<String, String> names(Program program) {
    Map<String, String> names = new LinkedHashMap<>();
    program.all(MountInstruction.Mask.class).forEach(mask -> names.put(mask.path().value(), NULL));
    program
        .all(MountInstruction.MountTree.class)
        .forEach(tree -> names.put(tree.target().value(), name(tree.slot())));
    return names;
  }

  private static String name(int slot) {
    return "mount-" + slot;
  }

  /** A target that a link of the rootfs leads elsewhere is not found by its name. */
  private static void requirePlain(Program program, List<MountInfo> mounts) {
    List<Diagnostic> problems = new ArrayList<>();
    for (Step step : program.steps()) {
      if (step.instruction() instanceof MountInstruction.MountTree tree
          && mounts.stream().noneMatch(m -> m.mountPoint().equals(tree.target().value()))) {
        String message = "nothing is mounted on " + tree.target() + " of the container itself";
        problems.add(
            Diagnostic.error(step.origin(), CheckpointRefusals.CODE, message)
                .withHint("mount on the place that the links of the rootfs lead to"));
      }
    }
    if (!problems.isEmpty()) {
      throw new DiagnosticException(Failure.OPERATION, problems);
    }
  }
}
