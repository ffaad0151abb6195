package jstack.program;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import jstack.diag.Origin;
import jstack.manifest.HostPath;
import org.jspecify.annotations.Nullable;

/**
 * What has to be written so that limits that were become the limits that are wanted, judged by what
 * the kernel's files say now.
 *
 * @param writes in an order in which a directory without limits would take them
 * @param changes the same in the words of the manifest
 * @param unknown files that were written before and of which nobody knows what they said without
 *     that; while there are any, these changes cannot be made in place
 */
public record LimitChanges(List<LimitWrite> writes, List<Change> changes, List<HostPath> unknown) {
  public LimitChanges {
    writes = List.copyOf(writes);
    changes = List.copyOf(changes);
    unknown = List.copyOf(unknown);
  }

  /**
   * Those of some keys alone.
   *
   * @param keys below {@code cgroup}
   */
  public LimitChanges only(Set<String> keys) {
    return new LimitChanges(
        writes.stream()
            .filter(write -> CgroupFile.of(write.name()).filter(f -> f.isOf(keys)).isPresent())
            .toList(),
        changes.stream().filter(change -> keys.contains(change.key())).toList(),
        unknown);
  }

  /** What is compared: limits by where they stand, and what the kernel says there. */
  private record Sides(
      Map<LimitWrite.Place, LimitWrite> old,
      Map<LimitWrite.Place, LimitWrite> wanted,
      Map<HostPath, String> seen) {}

  /**
   * Of one container, those of the whole stack left out.
   *
   * @param old what it was started with
   * @param seen the texts of kernel files; one that is not there is taken to say what was written
   * @param others places that were written to by somebody else
   */
  public static LimitChanges ofContainer(
      Program old,
      Program wanted,
      Map<HostPath, String> seen,
      Collection<LimitWrite.Place> others) {
    Set<HostPath> own = LimitWrite.ownDirectories(wanted);
    return between(
        only(LimitWrite.of(old), write -> own.contains(write.directory())),
        only(LimitWrite.of(wanted), write -> own.contains(write.directory())),
        seen,
        others,
        home(wanted));
  }

  /**
   * Of the cgroups above the containers'.
   *
   * @param old of those that run
   * @param wanted of the whole stack
   */
  public static LimitChanges ofStack(
      Collection<Program> old, Collection<Program> wanted, Map<HostPath, String> seen) {
    List<LimitWrite> before = new ArrayList<>();
    List<LimitWrite> after = new ArrayList<>();
    old.forEach(program -> before.addAll(aboveContainer(program)));
    wanted.forEach(program -> after.addAll(aboveContainer(program)));
    // Without the directory there is nothing to change yet: the first container makes it.
    before.removeIf(write -> !seen.containsKey(write.file()));
    after.removeIf(write -> !seen.containsKey(write.file()));
    return between(before, after, seen, List.of(), Origin.NONE);
  }

  /** The limits of the container itself that a program writes. */
  public static Set<LimitWrite> ofContainerIn(Program program) {
    Set<HostPath> own = LimitWrite.ownDirectories(program);
    List<LimitWrite> writes =
        only(LimitWrite.of(program), write -> own.contains(write.directory()));
    return Set.copyOf(LimitWrite.byPlace(writes).values());
  }

  /** The limits of the stack that a program writes. */
  public static Set<LimitWrite> ofStackIn(Program program) {
    List<LimitWrite> writes = new ArrayList<>(aboveContainer(program));
    writes.removeIf(write -> write.place().sharesOut());
    return Set.copyOf(LimitWrite.byPlace(writes).values());
  }

  /** The limits that a program writes above its container's own cgroups. */
  public static List<LimitWrite> aboveContainer(Program program) {
    Set<HostPath> own = LimitWrite.ownDirectories(program);
    return only(LimitWrite.of(program), write -> !own.contains(write.directory()));
  }

  /** Where a limit that the manifest does not name any more would stand. */
  private static Origin home(Program program) {
    return program.steps().stream()
        .filter(step -> step.instruction() instanceof Instruction.MakeCgroup)
        .map(Step::origin)
        .findFirst()
        .orElse(Origin.NONE);
  }

  private static List<LimitWrite> only(List<LimitWrite> writes, Predicate<LimitWrite> which) {
    return new ArrayList<>(writes.stream().filter(which).toList());
  }

  /** The kernel files that have to be looked at to compare. */
  public static Set<HostPath> files(Program program) {
    Set<HostPath> files = new LinkedHashSet<>();
    LimitWrite.of(program).forEach(write -> files.addAll(files(write.place())));
    return files;
  }

  /** The kernel files of one limit. */
  public static Set<HostPath> files(LimitWrite.Place place) {
    Set<HostPath> files = new LinkedHashSet<>();
    files.add(place.file());
    CgroupFile.of(place.name())
        .filter(file -> file.unlimited() == null)
        .ifPresent(file -> files.add(above(place.file())));
    if (place.name().equals("memory.memsw.limit_in_bytes")) {
      files.add(sibling(place.file(), "memory.limit_in_bytes")); // it is only said with that
    }
    return files;
  }

  private static HostPath sibling(HostPath file, String name) {
    return new HostPath(file.value().substring(0, file.value().lastIndexOf('/') + 1) + name);
  }

  /** The same file of the cgroup above. */
  private static HostPath above(HostPath file) {
    String path = file.value();
    int name = path.lastIndexOf('/');
    int directory = path.lastIndexOf('/', name - 1);
    return new HostPath(path.substring(0, directory) + path.substring(name));
  }

  private static LimitChanges between(
      List<LimitWrite> before,
      List<LimitWrite> after,
      Map<HostPath, String> seen,
      Collection<LimitWrite.Place> others,
      Origin home) {
    Sides sides = new Sides(LimitWrite.byPlace(before), LimitWrite.byPlace(after), seen);
    Map<LimitWrite.Place, LimitWrite> writes = new LinkedHashMap<>();
    List<HostPath> unknown = new ArrayList<>();
    for (LimitWrite write : sides.wanted().values()) {
      if (!isHeld(write, sides)) {
        writes.put(write.place(), write);
      }
    }
    Set<LimitWrite.Place> gone = new LinkedHashSet<>(sides.old().keySet());
    gone.addAll(others);
    gone.removeAll(sides.wanted().keySet());
    // Controllers that nobody asks for any more do no harm, and others may use them.
    gone.removeIf(LimitWrite.Place::sharesOut);
    for (LimitWrite.Place place : gone) {
      Optional<LimitWrite> lifted = lifted(place, seen, home);
      if (lifted.isEmpty()) {
        unknown.add(place.file());
      } else if (!isHeld(lifted.get(), sides)) {
        writes.put(place, lifted.get());
      }
    }
    return new LimitChanges(
        List.copyOf(writes.values()), new LimitWords(sides.old(), writes, seen).changes(), unknown);
  }

  private static boolean isHeld(LimitWrite write, Sides sides) {
    LimitWrite old = sides.old().get(write.place());
    String seen = sides.seen().get(write.file());
    Optional<CgroupFile> known = CgroupFile.of(write.name());
    if (known.isPresent() && seen != null) {
      return known.get().holds(write.text(), seen);
    }
    return old != null && old.text().equals(write.text());
  }

  /** What takes a limit away; empty when nobody knows. */
  private static Optional<LimitWrite> lifted(
      LimitWrite.Place place, Map<HostPath, String> seen, Origin home) {
    CgroupFile known = CgroupFile.of(place.name()).orElse(null);
    if (known == null) {
      return Optional.empty();
    }
    @Nullable String text = known.unlimited();
    if (text == null) {
      text = seen.get(above(place.file()));
    }
    String disk = place.disk().isEmpty() ? "" : place.disk() + " ";
    return Optional.ofNullable(text).map(t -> new LimitWrite(place.file(), disk + t, home));
  }
}
