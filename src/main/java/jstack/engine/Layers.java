package jstack.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import jstack.diag.DiagnosticException;
import jstack.state.ContainerId;
import jstack.state.StateLayout;

/**
 * What containers wrote. A container made these trees, so they are removed as hostile: by rm(1),
 * which enters by descriptor, follows no link, minds no depth and stays on one file system.
 */
public final class Layers {
  private final StateLayout layout;

  public Layers(StateLayout layout) {
    this.layout = layout;
  }

  public boolean exist(String project) {
    return Files.isDirectory(layout.containers().resolve(project));
  }

  public void remove(ContainerId id) {
    remove(layout.layers(id));
    removeIfEmpty(layout.containers().resolve(id.project()));
  }

  public void removeAll(String project) {
    remove(layout.containers().resolve(project));
  }

  private static void remove(Path tree) {
    if (!Files.isDirectory(tree, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try {
      Process process =
          new ProcessBuilder("rm", "-rf", "--one-file-system", "--", tree.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      if (process.waitFor() != 0) {
        throw DiagnosticException.operation("cannot-remove", "cannot remove " + tree, "");
      }
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "cannot-remove", "cannot run rm: " + e.getMessage(), "install coreutils");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
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
