package jstack.state;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import jstack.linux.CrashPoint;

/** Directories that only their owner may enter, whatever the umask of the caller. */
public final class PrivateDirectory {
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private static final FileAttribute<Set<PosixFilePermission>> OWNER_WRITES =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private PrivateDirectory() {}

  /** Makes the directory and its missing parents, 0700 each; an existing one stays as it is. */
  public static Path make(Path directory) throws IOException {
    if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      return directory;
    }
    Path parent = directory.getParent();
    if (parent != null && !Files.isDirectory(parent)) {
      make(parent);
    }
    CrashPoint.at("mkdir " + directory.getFileName());
    try {
      Files.createDirectory(directory, OWNER_ONLY);
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(directory)) {
        throw e;
      }
    }
    return directory;
  }

  /** Takes away a directory that holds files and empty directories alone; none is fine. */
  public static void removeFlat(Path directory) throws IOException {
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        CrashPoint.at("remove " + entry.getFileName());
        Files.delete(entry);
      }
    }
    CrashPoint.at("rmdir " + directory.getFileName());
    Files.delete(directory);
  }

  /** To be locked: who can open a file of ours to read could hold a lock against us. */
  public static FileChannel openFile(Path file) throws IOException {
    return FileChannel.open(
        file,
        Set.of(
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            LinkOption.NOFOLLOW_LINKS),
        OWNER_WRITES);
  }
}
