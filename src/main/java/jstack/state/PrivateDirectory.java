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
import java.util.Map;
import java.util.Set;
import jstack.diag.DiagnosticException;
import jstack.linux.CrashPoint;

/** Directories that only their owner may enter, whatever the umask of the caller. */
public final class PrivateDirectory {
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private static final FileAttribute<Set<PosixFilePermission>> OWNER_WRITES =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  /** S_IFMT and S_IFDIR of inode(7), and the bits of group and others. */
  private static final int TYPE = 0170000;

  private static final int DIRECTORY = 0040000;
  private static final int OTHERS_WRITE = 0022;

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

  /** Whether nobody but this user can put a file there, root apart. */
  static boolean isOurs(Path directory) {
    try {
      Map<String, Object> seen =
          Files.readAttributes(directory, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
      return us().equals(seen.get("uid"))
          && seen.get("mode") instanceof Integer mode
          && (mode & TYPE) == DIRECTORY
          && (mode & OTHERS_WRITE) == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Whoever else could put records there would have root run what they say.
   *
   * @param variable which names the directory
   * @throws DiagnosticException when it is there, and others can write to it
   */
  public static void requireOurs(Path directory, String variable) {
    Map<String, Object> seen;
    Object us;
    try {
      seen = Files.readAttributes(directory, "unix:uid,mode");
      us = us();
    } catch (IOException e) {
      return; // It is not there, or whoever wants to use it will say what is wrong with it.
    }
    Object owner = seen.get("uid");
    boolean foreign = !us.equals(owner) && !Integer.valueOf(0).equals(owner);
    boolean open = seen.get("mode") instanceof Integer mode && (mode & OTHERS_WRITE) != 0;
    if (foreign || open) {
      String why = foreign ? "belongs to user " + owner : "can be written to by others";
      throw DiagnosticException.operation(
          "state-directory",
          directory + " " + why + ", so its records are not to be trusted",
          "chown "
              + us
              + " and chmod go-w make it safe, when nothing is in it; or name another "
              + variable);
    }
  }

  private static Object us() throws IOException {
    return Files.getAttribute(Path.of("/proc/self"), "unix:uid");
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
