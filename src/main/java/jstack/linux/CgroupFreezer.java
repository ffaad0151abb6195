package jstack.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Makes all processes of one cgroup stand still, and go on: {@code cgroup.freeze} of v2, {@code
 * freezer.state} of v1; see cgroups(7).
 */
public final class CgroupFreezer {
  private final Path directory;

  /**
   * @param directory in a v2 tree, or in the v1 hierarchy of the freezer
   */
  public CgroupFreezer(Path directory) {
    this.directory = directory;
  }

  /** Whether every process in it stands still now; false when there is no such cgroup. */
  public boolean isFrozen() {
    String events = read("cgroup.events");
    return events.isEmpty()
        ? read("freezer.state").startsWith("FROZEN")
        : events.contains("frozen 1\n");
  }

  /** Whether they all go on and nobody asked for anything else. */
  public boolean isThawed() {
    boolean asked = read("cgroup.freeze").startsWith("1") || read("freezer.state").startsWith("F");
    return !asked && !isFrozen();
  }

  /** Asks for it; {@link #isFrozen} says when the last process has heard. */
  public void freeze() throws IOException {
    write("1", "FROZEN");
  }

  public void thaw() throws IOException {
    write("0", "THAWED");
  }

  private void write(String v2, String v1) throws IOException {
    Path file = directory.resolve("cgroup.freeze");
    boolean unified = Files.exists(file);
    Files.writeString(
        unified ? file : directory.resolve("freezer.state"),
        unified ? v2 : v1,
        StandardOpenOption.WRITE,
        StandardOpenOption.TRUNCATE_EXISTING);
  }

  private String read(String name) {
    return SmallFile.text(directory + "/" + name);
  }
}
