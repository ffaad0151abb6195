package jstack.state;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jstack.linux.CgroupFreezer;
import jstack.program.ProgramCodec;

/** Where the kernel keeps the cgroups of a container, from the program that made them. */
public final class ContainerCgroups {
  private ContainerCgroups() {}

  /** Its own directory in each hierarchy: those that go with it. */
  public static List<Path> directories(byte[] encodedProgram) {
    List<Path> directories = new ArrayList<>();
    for (String path : ProgramCodec.arguments(encodedProgram, "rmdir-cgroup", Integer.MAX_VALUE)) {
      directories.add(Path.of(path));
    }
    return directories;
  }

  /** The directory that every process of it is in; empty when there is no record of it. */
  public static Optional<Path> members(byte[] encodedProgram) {
    List<String> found = ProgramCodec.arguments(encodedProgram, "kill-with", 1);
    return found.isEmpty() ? Optional.empty() : Optional.of(Path.of(found.get(0)));
  }

  /** What pauses it. */
  public static Optional<CgroupFreezer> freezer(byte[] encodedProgram) {
    return members(encodedProgram).map(CgroupFreezer::new);
  }
}
