package jstack.engine;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.DiagnosticPrinter;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.linux.CrashPoint;
import jstack.manifest.IdMap;
import jstack.state.ContainerId;
import jstack.state.IdBlocks;
import jstack.state.StateLayout;

/**
 * What containers wrote, the checkpoints that go with it, and the user ids that it carries. A
 * container made these trees, so they are removed as hostile: by rm(1), which enters by descriptor,
 * follows no link, minds no depth and stays on one file system.
 */
public final class Layers {
  private final StateLayout layout;

  public Layers(StateLayout layout) {
    this.layout = layout;
  }

  public boolean exist(String project) {
    return Files.isDirectory(layout.containers().resolve(project))
        || Files.isDirectory(layout.checkpoints().resolve(project));
  }

  public void remove(ContainerId id) {
    remove(layout.layers(id));
    removeIfEmpty(layout.containers().resolve(id.project()));
    remove(layout.checkpoints(id));
    removeIfEmpty(layout.checkpoints().resolve(id.project()));
    removeIfEmpty(layout.checkpoints());
    releaseUnlessKept(id);
  }

  public void removeAll(String project) {
    remove(layout.containers().resolve(project));
    remove(layout.checkpoints().resolve(project));
    removeIfEmpty(layout.checkpoints());
    try {
      new IdBlocks(layout).releaseAll(project);
    } catch (IOException e) {
      throw cannotRelease(e);
    }
  }

  /** Whether containers of a project have user ids, be they there or not. */
  public boolean haveIds(String project) {
    try {
      return !new IdBlocks(layout).of(project).isEmpty();
    } catch (IOException e) {
      throw cannotRelease(e);
    }
  }

  /** The same for all of a project: a run that was killed may have claimed some for nobody. */
  public void releaseUnlessKept(String project) {
    try {
      new IdBlocks(layout).of(project).forEach(this::releaseUnlessKept);
    } catch (IOException e) {
      throw cannotRelease(e);
    }
  }

  /** A container that has written nothing needs no ids of its own when it is gone. */
  public void releaseUnlessKept(ContainerId id) {
    try {
      IdBlocks blocks = new IdBlocks(layout);
      if (!Files.isDirectory(layout.layers(id)) && !isCarried(id.project(), blocks.look(id))) {
        blocks.release(id);
      }
    } catch (IOException e) {
      throw cannotRelease(e);
    }
  }

  /** Whether files that others kept have these ids: they were in the same user namespace. */
  private boolean isCarried(String project, IdMap ids) throws IOException {
    Path directory = layout.containers().resolve(project);
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    String ending = "-" + ids.uids().get(0).outside();
    try (Stream<Path> layers = Files.walk(directory, 2)) {
      return layers.anyMatch(layer -> layer.getFileName().toString().endsWith(ending));
    }
  }

  private static DiagnosticException cannotRelease(IOException e) {
    return DiagnosticException.operation(
        "user-ids", "cannot give user ids back: " + e.getMessage(), "check JSTACK_HOME");
  }

  static void remove(Path tree) {
    if (!Files.isDirectory(tree, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    CrashPoint.at("remove what a container wrote");
    try {
      Process process =
          new ProcessBuilder("rm", "-rf", "--one-file-system", "--", tree.toString()).start();
      process.getOutputStream().close();
      Said said = Said.by(process);
      if (waitFor(process) != 0) {
        throw new DiagnosticException(
            Failure.OPERATION,
            Diagnostic.error(Origin.NONE, "cannot-remove", "cannot remove " + tree)
                .withDetails(said.lines())
                .withHint(
                    "unmount what is mounted in it (findmnt), make what is immutable or append-only"
                        + " removable (chattr -R -ia), then do it again"));
      }
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "cannot-remove", "cannot run rm: " + e.getMessage(), "install coreutils");
    }
  }

  /** The first lines, since there may be one for each file. */
  private record Said(List<String> lines) {
    private static final int MOST = 5;

    static Said by(Process process) throws IOException {
      List<String> lines = new ArrayList<>();
      long more = 0;
      try (BufferedReader errors = process.errorReader(StandardCharsets.UTF_8)) {
        for (String line; (line = errors.readLine()) != null; ) {
          if (lines.size() < MOST) {
            lines.add(DiagnosticPrinter.visible(line));
          } else {
            more++;
          }
        }
      }
      if (more > 0) {
        lines.add("and " + more + " more");
      }
      return new Said(lines);
    }
  }

  /** Whatever interrupts us: nobody may fill a place that is still being emptied. */
  private static int waitFor(Process process) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return process.waitFor();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static void removeIfEmpty(Path directory) {
    try {
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      // Other containers of the project keep theirs.
    }
  }
}
