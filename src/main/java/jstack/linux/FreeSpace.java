package jstack.linux;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/** What to do about a file that could not be written, with the figures when the disk is full. */
public final class FreeSpace {
  private FreeSpace() {}

  /**
   * The mend of what could not be written.
   *
   * @param place what could not be written, or a directory above it
   * @param otherwise when there is room
   */
  public static String hint(Path place, Exception why, String otherwise) {
    String message = String.valueOf(why.getMessage());
    if (!message.contains("No space left") && !message.contains("quota exceeded")) {
      return otherwise;
    }
    return figures(place);
  }

  /** How much is free there. */
  public static String figures(Path place) {
    Path there = place.toAbsolutePath();
    while (there.getParent() != null && !Files.exists(there)) {
      there = there.getParent();
    }
    try {
      FileStore store = Files.getFileStore(there);
      return (store.getUsableSpace() >> 10)
          + " KiB of "
          + (store.getTotalSpace() >> 10)
          + " KiB are free on the file system of "
          + there
          + "; make room there, of inodes too (df -i)";
    } catch (IOException e) {
      return "check the free space of " + there;
    }
  }
}
