package jstack.rootfs;

/** Which extended attributes of an archive are restored; see xattr(7). */
final class Attributes {
  private static final int LARGEST = 64 * 1024;
  private static final int LONGEST_NAME = 256;

  private Attributes() {}

  /**
   * The user's own, except those with which an overlay mounted by a user steers itself, and file
   * capabilities in a form that the kernel knows. Everything else could change what a mount means.
   */
  static boolean isWanted(String name, byte[] value) {
    if (value.length > LARGEST) {
      return false;
    }
    if (name.equals("security.capability")) {
      return isCapability(value);
    }
    return name.length() < LONGEST_NAME
        && name.startsWith("user.")
        && !name.startsWith("user.overlay.");
  }

  /** Revision 2 or 3 of the structure in capabilities(7), little-endian. */
  private static boolean isCapability(byte[] value) {
    if (value.length < 4) {
      return false;
    }
    int revision = value[3] & 0xff;
    return (revision == 2 && value.length == 20) || (revision == 3 && value.length == 24);
  }
}
