package jstack.state;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One container of a project: {@code web-1} is the first of service web, {@code web-run-f3a91c} a
 * one-off of {@code jstack run}.
 *
 * @param instance a number from 1, or {@code run-} and six hexadecimal digits of which the first is
 *     a letter
 */
public record ContainerId(String project, String service, String instance)
    implements Comparable<ContainerId> {
  private static final String RUN = "run-";
  private static final int RUN_DIGITS = 6;

  public static ContainerId of(String project, String service, int index) {
    return new ContainerId(project, service, Integer.toString(index));
  }

  /** A one-off container; any seed gives a valid id. */
  public static ContainerId oneOff(String project, String service, int seed) {
    String digits = Integer.toHexString((seed & 0xfffff) | 0x100000).substring(1);
    char letter = (char) ('a' + (seed >>> 20) % 6);
    return new ContainerId(project, service, RUN + letter + digits);
  }

  /** Inverse of {@link #name()}; empty when the name cannot be one of jstack's. */
  public static Optional<ContainerId> parse(String project, String name) {
    int dash = name.lastIndexOf('-');
    if (dash <= 0 || dash == name.length() - 1) {
      return Optional.empty();
    }
    String tail = name.substring(dash + 1);
    if (isNumber(tail)) {
      return Optional.of(new ContainerId(project, name.substring(0, dash), tail));
    }
    String head = name.substring(0, dash + 1);
    if (tail.length() == RUN_DIGITS
        && head.endsWith("-" + RUN)
        && head.length() > RUN.length() + 1) {
      String service = head.substring(0, head.length() - RUN.length() - 1);
      return Optional.of(new ContainerId(project, service, RUN + tail));
    }
    return Optional.empty();
  }

  public boolean isOneOff() {
    return instance.startsWith(RUN);
  }

  /** The name that a user sees, unique in its project. */
  public String name() {
    return service + "-" + instance;
  }

  @Override
  public int compareTo(ContainerId other) {
    int byService = service.compareTo(other.service);
    if (byService != 0) {
      return byService;
    }
    int byLength = Integer.compare(instance.length(), other.instance.length());
    return byLength != 0 ? byLength : instance.compareTo(other.instance);
  }

  /** By hand, because the generated one costs a short-lived JVM 15 ms at its first call. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ContainerId that
        && service.equals(that.service)
        && instance.equals(that.instance)
        && project.equals(that.project);
  }

  @Override
  public int hashCode() {
    return (project.hashCode() * 31 + service.hashCode()) * 31 + instance.hashCode();
  }

  @Override
  public String toString() {
    return project + "/" + name();
  }

  /**
   * A loop, since every verb asks it of every container: a stream would have to be linked first.
   */
  private static boolean isNumber(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return true;
  }
}
