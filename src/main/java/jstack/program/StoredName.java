package jstack.program;

import jstack.manifest.FileObject;
import jstack.manifest.HostPath;

/**
 * The name under which a secret or config is kept for containers. It says what is in it, as a hash
 * that only this boot of the machine can make, and whose it is: other content is another file.
 *
 * <pre>
 * secret.db_password.HASH.0.0.400
 * </pre>
 */
public final class StoredName {
  /** Of the directory that the files of a project are in. */
  public static final String DIRECTORY = ".files";

  private StoredName() {}

  /** {@code uid} and {@code gid} are the machine's. */
  public static String of(
      FileObject.Kind kind, String name, String hash, long uid, long gid, int mode) {
    String owner = uid + "." + gid + "." + Integer.toOctalString(mode);
    return kind.word() + "." + name + "." + hash + "." + owner;
  }

  /** Whether a path of a program leads to such a file. */
  static boolean is(HostPath path) {
    String[] parts = path.value().split("/", -1);
    return parts.length > 1
        && parts[parts.length - 2].equals(DIRECTORY)
        && parts[parts.length - 1].split("\\.", -1).length >= 6;
  }

  private static String[] parts(HostPath path) {
    return path.value().substring(path.value().lastIndexOf('/') + 1).split("\\.", -1);
  }

  static String name(HostPath path) {
    String[] parts = parts(path);
    return String.join(".", java.util.Arrays.asList(parts).subList(1, parts.length - 4));
  }

  static String content(HostPath path) {
    String[] parts = parts(path);
    return parts.length < 6 ? path.value() : parts[parts.length - 4];
  }

  static String owner(HostPath path) {
    String[] parts = parts(path);
    int end = parts.length;
    return parts[end - 3] + ":" + parts[end - 2] + " " + parts[end - 1];
  }
}
