package jstack.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import jstack.diag.DiagnosticException;
import jstack.linux.CrashPoint;
import jstack.linux.FreeSpace;
import jstack.program.Program;
import jstack.program.ProgramCodec;
import jstack.state.AtomicFile;
import jstack.state.CheckpointStore;
import jstack.state.ContainerId;
import jstack.state.PrivateDirectory;
import jstack.state.StateLayout;
import org.jspecify.annotations.Nullable;

/** The folder of one container below /run, and the layer that it writes to: made and cleared. */
final class RunDirectory {
  private final StateLayout layout;
  private final @Nullable EventJournal journal;

  /** By their lines, where this run has written them. */
  private final Map<String, Path> provenances = new HashMap<>();

  RunDirectory(StateLayout layout) {
    this(layout, new EventJournal(layout));
  }

  private RunDirectory(StateLayout layout, @Nullable EventJournal journal) {
    this.layout = layout;
    this.journal = journal;
  }

  /** For a container that is a tool of ours, of which nobody shall hear. */
  static RunDirectory unseen(StateLayout layout) {
    return new RunDirectory(layout, null);
  }

  private void note(Instant at, ContainerId id, String what) {
    if (journal != null) {
      journal.add(at, id, what);
    }
  }

  /** Where those of a project lie; made if need be. */
  Path ofProject(String project) {
    return made(layout.project(project));
  }

  /** Where what containers of a project write lies; made if need be. */
  Path ofLayers(String project) {
    return made(layout.containers().resolve(project));
  }

  private static Path made(Path directory) {
    try {
      return PrivateDirectory.make(directory);
    } catch (IOException e) {
      throw cannotWrite(directory, e);
    }
  }

  /**
   * Everything on disk that the helper needs before it is told to start. Receipts of earlier runs
   * stay.
   *
   * @param provenance null leaves what was written down before
   */
  void prepare(ContainerId id, Program program, @Nullable Provenance provenance) {
    try {
      Instant now = Instant.now();
      boolean there = Files.isDirectory(layout.container(id), LinkOption.NOFOLLOW_LINKS);
      boolean known = there && Files.exists(layout.program(id), LinkOption.NOFOLLOW_LINKS);
      PrivateDirectory.make(layout.container(id));
      forgetCheckpoint(id);
      if (!known) {
        note(now, id, "created");
      }
      if (there) {
        forgetTheLastRun(id);
      }
      fill(id, program, provenance);
    } catch (IOException e) {
      throw cannotWrite(layout.container(id), e);
    }
  }

  private void forgetTheLastRun(ContainerId id) throws IOException {
    CrashPoint.at("forget the last run");
    Files.deleteIfExists(layout.status(id));
    Files.deleteIfExists(layout.failure(id));
    Files.deleteIfExists(layout.exitRecord(id));
    Files.deleteIfExists(layout.health(id));
    Files.deleteIfExists(layout.updates(id));
    Files.deleteIfExists(layout.restoreProgram(id));
  }

  /**
   * The same for a container that nobody but this process knows of. The directory is there with its
   * maker's name in it or not at all: what a killed maker leaves is seen to be nobody's.
   */
  void prepareOneOff(ContainerId id, Program program, Provenance provenance, String claim) {
    Path directory = layout.container(id);
    Path claimed = directory.resolveSibling("." + id.name());
    try {
      Instant now = Instant.now();
      PrivateDirectory.make(claimed);
      AtomicFile.write(
          claimed.resolve(layout.status(id).getFileName()), claim.getBytes(StandardCharsets.UTF_8));
      CrashPoint.at("name a one-off");
      Files.move(claimed, directory);
      note(now, id, "created");
      fill(id, program, provenance);
    } catch (IOException e) {
      throw cannotWrite(directory, e);
    }
  }

  /** Notes that a container that runs is now what a program would have made. */
  void note(ContainerId id, Program program) {
    try {
      AtomicFile.write(layout.program(id), ProgramCodec.encode(program));
    } catch (IOException e) {
      throw cannotWrite(layout.container(id), e);
    }
  }

  /** For the supervisor of a container that runs, which puts it in the place of the old one. */
  void offer(ContainerId id, Program program) {
    try {
      AtomicFile.write(layout.newProgram(id), ProgramCodec.encode(program));
    } catch (IOException e) {
      throw cannotWrite(layout.container(id), e);
    }
  }

  /** Its limits are the manifest's again. */
  void forgetUpdates(ContainerId id) {
    try {
      Files.deleteIfExists(layout.updates(id));
    } catch (IOException e) {
      throw cannotWrite(layout.container(id), e);
    }
  }

  private void fill(ContainerId id, Program program, @Nullable Provenance provenance)
      throws IOException {
    PrivateDirectory.make(layout.controls());
    PrivateDirectory.make(layout.root(id));
    if (provenance != null) {
      provenance(layout.provenance(id), provenance.lines());
    }
    AtomicFile.write(layout.program(id), ProgramCodec.encode(program));
  }

  /** One file for all that are made of the same: it is never written to, only replaced. */
  private void provenance(Path file, String lines) throws IOException {
    Path same = provenances.get(lines);
    if (same == null || !isLinked(file, same)) {
      AtomicFile.write(file, lines.getBytes(StandardCharsets.UTF_8));
      provenances.put(lines, file);
    }
  }

  private static boolean isLinked(Path file, Path same) {
    CrashPoint.at("link " + file.getFileName());
    try {
      Files.createLink(file, same);
      return true;
    } catch (IOException e) {
      return false; // one of an earlier run is there, or who had the same is gone
    }
  }

  /**
   * The two folders that an overlay writes to. The upper one shows through as the root of the
   * container, so it gets the mode of the rootfs; its parents are private.
   */
  void prepareLayer(ContainerId id, String rootfsDigest, Path rootfs) {
    Path layer = layout.layer(id, rootfsDigest);
    Path upper = StateLayout.upper(layer);
    Path work = StateLayout.work(layer);
    if (Files.isDirectory(upper, LinkOption.NOFOLLOW_LINKS)
        && Files.isDirectory(work, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try {
      PrivateDirectory.make(layer);
      PrivateDirectory.make(work);
      if (!Files.exists(upper)) {
        Set<PosixFilePermission> mode = Files.getPosixFilePermissions(rootfs);
        // Of one name: what a killed run left is taken, and a random one costs a JVM 20 ms.
        Path fresh = PrivateDirectory.make(layer.resolve(".upper.new"));
        Files.setPosixFilePermissions(fresh, mode);
        CrashPoint.at("rename upper");
        Files.move(fresh, upper);
      }
    } catch (IOException e) {
      throw cannotWrite(layer, e);
    }
  }

  /** Takes away the run directory of a container that is over; its folders are flat and ours. */
  void remove(ContainerId id) {
    Path directory = layout.container(id);
    try {
      forgetCheckpoint(id);
      if (journal != null && Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
        // Its records go with it; twice the same, after a kill in between, is told once.
        journal.add(PastEvents.onRecord(layout, id));
      }
      CrashPoint.at("remove the control socket");
      Files.deleteIfExists(layout.control(id));
      PrivateDirectory.removeFlat(directory);
      note(Instant.now(), id, "removed");
    } catch (IOException e) {
      throw cannotWrite(directory, e);
    }
  }

  /** With the last run goes all that says whether its checkpoint still fits. */
  private void forgetCheckpoint(ContainerId id) throws IOException {
    if (Files.isDirectory(layout.checkpoints(id), LinkOption.NOFOLLOW_LINKS)) {
      new CheckpointStore(layout).setAsideUnlessLast(id);
    }
  }

  /** It begins afresh. */
  void outrunCheckpoint(ContainerId id) {
    try {
      if (Files.isDirectory(layout.checkpoints(id), LinkOption.NOFOLLOW_LINKS)) {
        new CheckpointStore(layout).setAside(id);
      }
    } catch (IOException e) {
      throw cannotWrite(layout.checkpoints(id), e);
    }
  }

  /** Takes away what is left of a project when its last container is gone. */
  void removeProject(String project) {
    try {
      Path directory = layout.project(project);
      CrashPoint.at("remove the project's record");
      Files.deleteIfExists(layout.projectRecord(project));
      Files.deleteIfExists(layout.settled(project));
      removeUnfinished(directory);
      CrashPoint.at("rmdir the project");
      Files.deleteIfExists(directory);
      removeIfEmpty(layout.controls());
    } catch (IOException e) {
      throw cannotWrite(layout.project(project), e);
    }
  }

  /** The same, unless other containers of the project are there. */
  void removeProjectIfEmpty(String project) {
    Path directory = layout.project(project);
    if (Files.exists(layout.networkRecord(project))) {
      return; // what networks left has still to be taken away
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        boolean files = entry.equals(layout.files(project));
        if (!files && Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
          return;
        }
      }
    } catch (IOException e) {
      return;
    }
    removeProject(project);
  }

  /** Files that were never renamed, and one-offs whose maker was killed before they had a name. */
  private static void removeUnfinished(Path project) throws IOException {
    if (!Files.isDirectory(project, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(project, ".*")) {
      for (Path entry : entries) {
        if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
          PrivateDirectory.removeFlat(entry);
        } else {
          Files.deleteIfExists(entry);
        }
      }
    }
  }

  private static void removeIfEmpty(Path directory) {
    try {
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      // Somebody else uses it.
    }
  }

  private static DiagnosticException cannotWrite(Path path, IOException e) {
    return DiagnosticException.operation(
        "state-directory",
        "cannot write " + path + ": " + reason(e),
        FreeSpace.hint(path, e, "check the free space and the owner of that directory"));
  }

  private static String reason(IOException e) {
    String message = String.valueOf(e.getMessage());
    return e instanceof java.nio.file.AccessDeniedException ? "permission denied" : message;
  }
}
