package jstack.program;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
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
    return between(
        old.limits().container(),
        wanted.limits().container(),
        seen,
        others.isEmpty() ? others : only(others, wanted.limits().own()::contains),
        new Lifting(wanted, 2));
  }

  private static List<LimitWrite.Place> only(
      Collection<LimitWrite.Place> places, Predicate<HostPath> which) {
    return places.stream().filter(place -> which.test(place.directory())).toList();
  }

  /**
   * How limits are taken away that nobody names any more.
   *
   * @param of whose they are; null for the stack's
   * @param levels how far above is a cgroup without limits of ours
   */
  private record Lifting(@Nullable Program of, int levels) {
    /** Where they would stand. */
    Origin home() {
      return of == null ? Origin.NONE : LimitChanges.home(of);
    }
  }

  /**
   * Of the cgroups above the containers'.
   *
   * @param old of those that run
   * @param wanted of the whole stack
   * @param others places that an earlier run may have written to
   */
  public static LimitChanges ofStack(
      Collection<Program> old,
      Collection<Program> wanted,
      Map<HostPath, String> seen,
      Collection<LimitWrite.Place> others) {
    List<LimitWrite> before = new ArrayList<>();
    List<LimitWrite> after = new ArrayList<>();
    old.forEach(program -> before.addAll(aboveContainer(program)));
    wanted.forEach(program -> after.addAll(aboveContainer(program)));
    // Without the directory there is nothing to change yet: the first container makes it.
    before.removeIf(write -> !seen.containsKey(write.file()));
    after.removeIf(write -> !seen.containsKey(write.file()));
    Set<HostPath> own = new LinkedHashSet<>();
    old.forEach(program -> own.addAll(program.limits().own()));
    return between(
        before,
        after,
        seen,
        only(others, directory -> !own.contains(directory)),
        new Lifting(null, 1));
  }

  /** Whether a place is in the container's own cgroups. */
  public static boolean isIn(LimitWrite.Place place, Program program) {
    return program.limits().own().contains(place.directory());
  }

  /** The limits of the container itself that a program writes. */
  public static Set<LimitWrite> ofContainerIn(Program program) {
    return Set.copyOf(LimitWrite.byPlace(program.limits().container()).values());
  }

  /** The limits of the stack that a program writes. */
  public static Set<LimitWrite> ofStackIn(Program program) {
    List<LimitWrite> writes = new ArrayList<>(aboveContainer(program));
    writes.removeIf(write -> write.place().sharesOut());
    return Set.copyOf(LimitWrite.byPlace(writes).values());
  }

  /** The limits of the stack that a program writes, and who shares controllers out for them. */
  public static List<LimitWrite> aboveContainer(Program program) {
    return program.limits().above();
  }

  /** Where a limit that the manifest does not name any more would stand. */
  private static Origin home(Program program) {
    return program.steps().stream()
        .filter(step -> step.instruction() instanceof HostInstruction.MakeCgroup)
        .map(Step::origin)
        .findFirst()
        .orElse(Origin.NONE);
  }

  /** Hands on the kernel files that say whether a program's limits are held. */
  public static void files(Program program, Consumer<HostPath> to) {
    Limits limits = program.limits();
    for (List<LimitWrite> part : List.of(limits.container(), limits.above(), limits.others())) {
      for (LimitWrite write : part) {
        to.accept(write.file());
        if (write.name().equals("memory.memsw.limit_in_bytes")) {
          to.accept(sibling(write.file(), "memory.limit_in_bytes")); // it is only said with that
        }
      }
    }
  }

  /** The same, and those that say what is without the limits of a program that was. */
  public static void filesOfOld(Program program, Consumer<HostPath> to) {
    files(program, to);
    Limits limits = program.limits();
    for (List<LimitWrite> part : List.of(limits.container(), limits.above())) {
      for (LimitWrite write : part) {
        filesOfOld(write.place(), to);
      }
    }
  }

  /** Likewise of one limit that was. */
  public static void filesOfOld(LimitWrite.Place place, Consumer<HostPath> to) {
    to.accept(place.file());
    if (place.name().equals("memory.memsw.limit_in_bytes")) {
      to.accept(sibling(place.file(), "memory.limit_in_bytes"));
    }
    if (CgroupFile.of(place.name()).filter(file -> file.unlimited() == null).isPresent()) {
      for (int levels = 1; levels <= 2; levels++) {
        to.accept(above(place.file(), levels));
        to.accept(effective(place.file(), levels));
      }
    }
  }

  private static HostPath sibling(HostPath file, String name) {
    return new HostPath(file.value().substring(0, file.value().lastIndexOf('/') + 1) + name);
  }

  /** The same file of a cgroup above. */
  private static HostPath above(HostPath file, int levels) {
    String path = file.value();
    int name = path.lastIndexOf('/');
    int directory = name;
    for (int i = 0; i < levels && directory > 0; i++) {
      directory = path.lastIndexOf('/', directory - 1);
    }
    return new HostPath(path.substring(0, Math.max(0, directory)) + path.substring(name));
  }

  /** What a cpuset of v2 comes down to where it says nothing itself. */
  private static HostPath effective(HostPath file, int levels) {
    return new HostPath(above(file, levels) + ".effective");
  }

  private static LimitChanges between(
      List<LimitWrite> before,
      List<LimitWrite> after,
      Map<HostPath, String> seen,
      Collection<LimitWrite.Place> others,
      Lifting lifting) {
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
    gone.removeIf(place -> idles(place, sides.wanted()));
    for (LimitWrite.Place place : gone) {
      Optional<LimitWrite> lifted = lifted(place, seen, lifting);
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
      LimitWrite.Place place, Map<HostPath, String> seen, Lifting lifting) {
    CgroupFile known = CgroupFile.of(place.name()).orElse(null);
    if (known == null) {
      return Optional.empty();
    }
    @Nullable String text = known.unlimited();
    if (text == null) {
      String effective = seen.get(effective(place.file(), lifting.levels()));
      text = effective == null ? seen.get(above(place.file(), lifting.levels())) : effective;
    }
    String disk = place.disk().isEmpty() ? "" : place.disk() + " ";
    return Optional.ofNullable(text)
        .map(t -> new LimitWrite(place.file(), disk + t, lifting.home()));
  }

  /** An idle cgroup has no weight, and the kernel takes none. */
  private static boolean idles(LimitWrite.Place place, Map<LimitWrite.Place, LimitWrite> wanted) {
    LimitWrite idle = wanted.get(new LimitWrite.Place(sibling(place.file(), "cpu.idle"), ""));
    boolean weight = place.name().equals("cpu.weight") || place.name().equals("cpu.shares");
    return weight && idle != null && idle.text().equals("1");
  }
}
