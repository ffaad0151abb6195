package jstack.state;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
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
    if (!PrivateDirectory.isOurs(layout.run()) || !PrivateDirectory.isOurs(layout.filters())) {
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
    if (!PrivateDirectory.isOurs(layout.run())) {
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

  private Path file(String name) {
    return layout.filters().resolve(name);
  }

  private static String sum(String filter) {
    CRC32 crc = new CRC32();
    crc.update(filter.getBytes(StandardCharsets.ISO_8859_1));
    return Long.toHexString(crc.getValue());
  }
}
