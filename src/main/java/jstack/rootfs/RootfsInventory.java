package jstack.rootfs;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import jstack.linux.OwnProcess;

/** What lies in the store of this machine, and how it goes away again. */
public final class RootfsInventory {
  private final Path store;

  /**
   * A tree that is whole.
   *
   * @param kind sha256 for an archive, jail for a host jail
   * @param name the digest of the archive, or of the parts of the jail
   * @param content as it was noted when it was made
   */
  public record Entry(String kind, String name, Path directory, String content, Instant made) {
    /** As it is mounted. */
    public Path root() {
      return directory.resolve("root");
    }
  }

  public RootfsInventory(Path store) {
    this.store = store;
  }

  /** What is whole, sorted by name. */
  public List<Entry> entries() {
    List<Entry> found = new ArrayList<>();
    for (String kind : List.of("sha256", "jail")) {
      try (DirectoryStream<Path> names = Files.newDirectoryStream(store.resolve(kind))) {
        for (Path directory : names) {
          entry(kind, directory).ifPresent(found::add);
        }
      } catch (IOException e) {
        // Nothing of this kind was ever made.
      }
    }
    found.sort((a, b) -> a.name().compareTo(b.name()));
    return found;
  }

  private static Optional<Entry> entry(String kind, Path directory) {
    Path complete = directory.resolve("complete");
    try {
      Instant made = Files.getLastModifiedTime(complete).toInstant();
      String name = String.valueOf(directory.getFileName());
      return Optional.of(
          new Entry(kind, name, directory, Files.readString(complete).strip(), made));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Bytes on disk, each file once however many names it has; links are not followed. */
  public static long size(Entry entry) throws IOException {
    Set<Object> seen = new HashSet<>();
    long[] sum = {0};
    Files.walkFileTree(
        entry.directory(),
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            Object key = attributes.fileKey();
            if (attributes.isRegularFile() && (key == null || seen.add(key))) {
              sum[0] += attributes.size();
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return sum[0];
  }

  /** The right to remove; empty while somebody makes containers from what is here. */
  public Optional<StoreUse> alone() throws IOException {
    Path locks = store.resolve("locks");
    return Files.isDirectory(locks) ? StoreUse.alone(locks.resolve("use")) : Optional.empty();
  }

  /** Takes it out of sight by one rename, then away: whoever is killed in between leaves a tree. */
  public void remove(Entry entry) throws IOException {
    Path gone =
        store.resolve("tmp").resolve("unpack-" + OwnProcess.pid() + "-gone-" + entry.name());
    if (Files.exists(gone, LinkOption.NOFOLLOW_LINKS)) {
      TreeRemover.remove(gone);
    }
    Files.move(entry.directory(), gone, StandardCopyOption.ATOMIC_MOVE);
    TreeRemover.remove(gone);
  }
}
