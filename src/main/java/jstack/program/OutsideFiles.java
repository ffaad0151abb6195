package jstack.program;

/**
 * What the processes of a container have open that is none of its own files: the ends of its
 * streams, and where its first process notes how the command ended. Each is named as criu(8) names
 * a file that it shall not look for itself, {@code file[MOUNT:INODE]} in hexadecimal.
 */
public record OutsideFiles(String exit, String stdout, String stderr, String stdin) {
  /** The sealed copy of the helper that every first process runs; any name that no file has. */
  public static final String SHIM = "file[jstack-shim]";

  /**
   * What criu calls a file.
   *
   * @param mount its number as in fdinfo of proc(5)
   */
  public static String name(int mount, long inode) {
    return "file[" + Integer.toHexString(mount) + ":" + Long.toHexString(inode) + "]";
  }
}
