package jstack.program;

/**
 * What the processes of a container have open that is none of its own files: the ends of its
 * streams, where its first process notes how the command ended, and the program that one runs. Each
 * is named as criu(8) names a file that it shall not look for itself, {@code file[MOUNT:INODE]} in
 * hexadecimal.
 */
public record OutsideFiles(
    String exit, String stdout, String stderr, String stdin, String program) {
  /** What the program of the first process is called in the images; no file has such a name. */
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
