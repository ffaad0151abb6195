package jstack.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import jstack.diag.Diagnostic;
import jstack.program.MountInstruction;
import jstack.program.Program;
import jstack.state.Checkpoint;
import jstack.state.PrivateDirectory;
import jstack.state.StateLayout;

/**
 * The files below /run that a container has mounted. They have the name that this boot gave them,
 * and go with the last container of the project: so a checkpoint has copies.
 */
final class CheckpointFiles {
  private static final String COPY = "file.";

  private final StateLayout layout;

  CheckpointFiles(StateLayout layout) {
    this.layout = layout;
  }

  /** Beside the images, before criu makes those. */
  void keep(String project, Program program, Path images) throws IOException {
    for (Path file : files(project, program)) {
      Files.copy(file, copy(images, file), StandardCopyOption.COPY_ATTRIBUTES);
    }
  }

  /** Where they were, if they are not there. */
  void giveBack(Checkpoint checkpoint) throws IOException {
    for (Path file : files(checkpoint.id().project(), checkpoint.program())) {
      Path copy = copy(checkpoint.directory(), file);
      if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS) && Files.exists(copy)) {
        PrivateDirectory.make(layout.files(checkpoint.id().project()));
        Path fresh = file.resolveSibling("." + file.getFileName());
        Files.copy(
            copy, fresh, StandardCopyOption.COPY_ATTRIBUTES, StandardCopyOption.REPLACE_EXISTING);
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
      }
    }
  }

  private List<Path> files(String project, Program program) {
    return program
        .all(MountInstruction.OpenTree.class)
        .map(tree -> tree.source().toPath())
        .filter(source -> layout.files(project).equals(source.getParent()))
        .distinct()
        .toList();
  }

  private static Path copy(Path images, Path file) {
    return images.resolve(COPY + file.getFileName());
  }

  /** What a container had mounted and is gone, at the lines that named it. */
  static List<Diagnostic> missing(Checkpoint checkpoint) {
    List<Diagnostic> missing = new ArrayList<>();
    checkpoint
        .program()
        .steps()
        .forEach(
            step -> {
              if (step.instruction() instanceof MountInstruction.OpenTree tree
                  && !Files.exists(tree.source().toPath(), LinkOption.NOFOLLOW_LINKS)) {
                missing.add(
                    Diagnostic.error(
                            step.origin(),
                            "cannot-restore",
                            "there is no "
                                + tree.source()
                                + ", which "
                                + checkpoint.id().name()
                                + " had mounted")
                        .withHint("the checkpoint is kept; put it there again"));
              }
            });
    return missing;
  }
}
