package jstack.state;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jstack.linux.CrashPoint;
import jstack.linux.SmallFile;

/**
 * The checkpoints of containers. One is made under a name that does not count and gets its number,
 * by one rename, when it is whole: whoever is killed in between leaves the former or the new one.
 */
public final class CheckpointStore {
  private static final String UNFINISHED = ".new";

  /** As its supervisor names one, too: requests.c. */
  private static final String OUTRUN = "outrun.";

  private final StateLayout layout;

  public CheckpointStore(StateLayout layout) {
    this.layout = layout;
  }

  /** The containers of a project that have one, be it that they have outrun it. */
  public List<ContainerId> of(String project) {
    List<ContainerId> found = new ArrayList<>();
    for (Path directory : entries(layout.checkpoints().resolve(project))) {
      ContainerId.parse(project, String.valueOf(directory.getFileName()))
          .filter(id -> number(id) > 0 || isOutrun(id))
          .ifPresent(found::add);
    }
    found.sort(null);
    return found;
  }

  /** The newest; empty when there is none. */
  public Optional<Checkpoint> find(ContainerId id) {
    int number = number(id);
    return number == 0 ? Optional.empty() : Checkpoint.read(id, numbered(id, number));
  }

  /** An empty directory for the next one; what a killed run left there is gone. */
  public Path begin(ContainerId id) throws IOException {
    Path directory = layout.checkpoints(id).resolve(UNFINISHED);
    PrivateDirectory.removeFlat(directory);
    return PrivateDirectory.make(directory);
  }

  /** What the directory of {@link #begin} has to be called to count. */
  public Path next(ContainerId id) {
    return numbered(id, number(id) + 1);
  }

  /**
   * No checkpoint counts any more: its container runs, or will, and what it writes no longer fits
   * the images. The newest stays to be told of until there is another.
   */
  public void setAside(ContainerId id) throws IOException {
    int newest = number(id);
    // The oldest first: none of them may become the newest once more.
    for (int number = 1; number <= newest; number++) {
      if (Files.isDirectory(numbered(id, number), LinkOption.NOFOLLOW_LINKS)) {
        Path aside = layout.checkpoints(id).resolve(OUTRUN + number);
        PrivateDirectory.removeFlat(aside);
        CrashPoint.at("set a checkpoint aside");
        Files.move(numbered(id, number), aside);
      }
    }
  }

  /** The same for a container whose last run is forgotten, unless that ended in the checkpoint. */
  public void setAsideUnlessLast(ContainerId id) throws IOException {
    Optional<Checkpoint> newest = find(id);
    Optional<Status> last =
        Status.parse(SmallFile.text(layout.status(id).toString(), StandardCharsets.UTF_8));
    if (newest.isPresent() && last.isPresent() && !newest.get().isEndOf(last.get(), exit(id))) {
      setAside(id);
    }
  }

  private Optional<ExitRecord> exit(ContainerId id) {
    return ExitRecord.parse(
        SmallFile.text(layout.exitRecord(id).toString(), StandardCharsets.UTF_8));
  }

  /** The one that a container can go on from: nothing of it has run since. */
  public Optional<Checkpoint> lastOf(ObservedContainer container) {
    return container.state().isAlive()
        ? Optional.empty()
        : find(container.id())
            .filter(
                newest ->
                    container.status().isEmpty()
                        || newest.isEndOf(container.status().get(), exit(container.id())));
  }

  /** Whether there is one that its container has outrun. */
  public boolean isOutrun(ContainerId id) {
    return entries(layout.checkpoints(id)).stream()
        .anyMatch(directory -> String.valueOf(directory.getFileName()).startsWith(OUTRUN));
  }

  /** Takes away whatever the newest has made needless. */
  public void tidy(ContainerId id) throws IOException {
    int newest = number(id);
    for (Path directory : entries(layout.checkpoints(id))) {
      boolean outrun = String.valueOf(directory.getFileName()).startsWith(OUTRUN);
      if (!directory.equals(numbered(id, newest)) && !(newest == 0 && outrun)) {
        PrivateDirectory.removeFlat(directory);
      }
    }
    if (newest == 0) {
      removeIfEmpty(layout.checkpoints(id));
      removeIfEmpty(layout.checkpoints().resolve(id.project()));
      removeIfEmpty(layout.checkpoints());
    }
  }

  public void remove(ContainerId id) throws IOException {
    // The oldest first: none of them may become the newest once more.
    for (int number = 1; number <= number(id); number++) {
      // Out of sight at once: what a kill leaves of it is no checkpoint.
      Path gone = layout.checkpoints(id).resolve(".old");
      PrivateDirectory.removeFlat(gone);
      if (Files.isDirectory(numbered(id, number), LinkOption.NOFOLLOW_LINKS)) {
        Files.move(numbered(id, number), gone);
      }
      PrivateDirectory.removeFlat(gone);
    }
    tidy(id);
  }

  private Path numbered(ContainerId id, int number) {
    return layout.checkpoints(id).resolve(Integer.toString(number));
  }

  private int number(ContainerId id) {
    int newest = 0;
    for (Path directory : entries(layout.checkpoints(id))) {
      String name = String.valueOf(directory.getFileName());
      if (name.matches("[1-9][0-9]{0,8}")) {
        newest = Math.max(newest, Integer.parseInt(name));
      }
    }
    return newest;
  }

  private static List<Path> entries(Path directory) {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
          found.add(entry);
        }
      }
    } catch (IOException e) {
      return List.of();
    }
    return found;
  }

  private static void removeIfEmpty(Path directory) {
    try {
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      // Other containers have theirs there.
    }
  }
}
