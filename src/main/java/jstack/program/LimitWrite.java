package jstack.program;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jstack.diag.Origin;
import jstack.manifest.HostPath;
import org.jspecify.annotations.Nullable;

/**
 * A limit as a kernel file takes it, in one write(2).
 *
 * @param origin the line of the manifest that asks for it, or the place where it would stand
 */
public record LimitWrite(Place place, String text, Origin origin) {
  public LimitWrite(HostPath file, String text, Origin origin) {
    this(Place.of(file, text), text, origin);
  }

  public HostPath file() {
    return place.file();
  }

  /**
   * What a later write of the same limit goes to: a file, or the line of one disk in it.
   *
   * @param disk as {@code 8:0}, empty for files that hold one value
   */
  public record Place(HostPath file, String disk) {
    private static Place of(HostPath file, String text) {
      int space = text.indexOf(' ');
      String name = file.value().substring(file.value().lastIndexOf('/') + 1);
      boolean disks = space > 0 && CgroupFile.of(name).filter(CgroupFile::isOfDisks).isPresent();
      return new Place(file, disks ? text.substring(0, space) : "");
    }

    /** By hand, because the generated one costs a short-lived JVM 15 ms at its first call. */
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Place that && file.equals(that.file) && disk.equals(that.disk);
    }

    @Override
    public int hashCode() {
      return file.hashCode() * 31 + disk.hashCode();
    }

    String name() {
      return file.value().substring(file.value().lastIndexOf('/') + 1);
    }

    HostPath directory() {
      return new HostPath(file.value().substring(0, file.value().lastIndexOf('/')));
    }

    /** Whether it is no limit, but gives the cgroups below their controllers. */
    boolean sharesOut() {
      return name().equals(SHARE_OUT);
    }
  }

  private static final String SHARE_OUT = "cgroup.subtree_control";

  /** By place, in order; where one is written twice the last counts. */
  static Map<Place, LimitWrite> byPlace(List<LimitWrite> writes) {
    Map<Place, LimitWrite> places = new LinkedHashMap<>();
    writes.forEach(write -> places.put(write.place(), write));
    return places;
  }

  public String name() {
    return place.name();
  }

  public HostPath directory() {
    return place.directory();
  }

  /**
   * Whether it is a limit of the stack, or shares out controllers. What else a container writes
   * above its own cgroups is no limit: version 1 wants a cpuset filled from the outside.
   *
   * @param own directories of the container
   */
  boolean isAbove(Set<HostPath> own) {
    boolean ofStack = origin.keyPath().startsWith("cgroup.");
    return (ofStack || place.sharesOut()) && !own.contains(directory());
  }

  /**
   * What would have to be written to lead back to what the kernel said.
   *
   * @return null when the file was not seen, or needs no way back
   */
  public @Nullable String before(Map<HostPath, String> seen) {
    String kernel = seen.get(file());
    return kernel == null || place.sharesOut()
        ? null
        : CgroupFile.of(name()).map(known -> known.again(text, kernel)).orElse(kernel);
  }

  /** A line that moved is no other limit. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof LimitWrite that && file().equals(that.file()) && text.equals(that.text);
  }

  @Override
  public int hashCode() {
    return file().hashCode() * 31 + text.hashCode();
  }
}
