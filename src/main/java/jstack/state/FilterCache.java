package jstack.state;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.CRC32;
import jstack.linux.SmallFile;
import org.jspecify.annotations.Nullable;

/**
 * Compiled filters of calls, so that a stack that has not changed compiles none. It is no truth:
 * who finds nothing compiles, and a reboot empties it, which may well bring another kernel.
 */
public final class FilterCache {
  private final StateLayout layout;

  public FilterCache(StateLayout layout) {
    this.layout = layout;
  }

  /**
   * What was kept under a name, which says all that it was made from.
   *
   * @return null when there is nothing, or not what was written
   */
  public @Nullable String find(String name) {
    if (!isOurs(layout.run()) || !isOurs(layout.filters())) {
      return null; // Whoever else could write there would choose what a container may call.
    }
    String text = SmallFile.text(file(name));
    int space = text.indexOf(' ');
    if (space < 0) {
      return null;
    }
    String filter = text.substring(space + 1);
    return text.substring(0, space).equals(sum(filter)) ? filter : null;
  }

  /** Keeps a filter where there is state already: who only looks makes no directories. */
  public void keep(String name, String filter) {
    if (!isOurs(layout.run())) {
      return;
    }
    try {
      PrivateDirectory.make(layout.filters());
      String text = sum(filter) + " " + filter;
      AtomicFile.write(file(name), text.getBytes(StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      return; // It is compiled again the next time, and whoever needs the directory will say so.
    }
  }

  /** Whether nobody but this user can put a file there, root apart. */
  private static boolean isOurs(Path directory) {
    try {
      Map<String, Object> seen =
          Files.readAttributes(directory, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
      Object us = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
      return us.equals(seen.get("uid"))
          && seen.get("mode") instanceof Integer mode
          && (mode & 0170000) == 0040000
          && (mode & 0022) == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private Path file(String name) {
    return layout.filters().resolve(name);
  }

  private static String sum(String filter) {
    CRC32 crc = new CRC32();
    crc.update(filter.getBytes(StandardCharsets.ISO_8859_1));
    return Long.toHexString(crc.getValue());
  }
}
