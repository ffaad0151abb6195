package jstack.engine;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Predicate;

/**
 * Chooses, where systemd owns the v2 tree, the unit that a project's cgroups lie in. It leaves
 * alone only what is below a unit with {@code Delegate=yes}; see
 * https://systemd.io/CGROUP_DELEGATION.
 *
 * <p>A stack that is up stays where it is, whoever calls: else it would be made anew from every
 * other terminal. A service with {@code Delegate=yes} that calls jstack has its stack in it. All
 * others get the scope.
 */
final class UnitChoice {
  /** Ends with a login, which containers shall not; the users' own managers are in it. */
  private static final String LOGINS = "user.slice/";

  private final Path tree;
  private final Predicate<Path> delegated;

  /**
   * @param tree the mount point of the v2 tree
   * @param delegated whether systemd marked the directory of a cgroup so
   */
  UnitChoice(Path tree, Predicate<Path> delegated) {
    this.tree = tree;
    this.delegated = delegated;
  }

  /**
   * A cgroup, with no leading slash.
   *
   * @param recorded where the project is, empty when it is nowhere yet
   * @param own the cgroup of this process
   * @param scope the one to make for all who have no other
   */
  String choose(String recorded, String own, String scope) {
    if (recorded.equals(scope)
        || (!recorded.isEmpty() && Files.isDirectory(tree.resolve(recorded)))) {
      return recorded;
    }
    if (own.startsWith(LOGINS)) {
      return scope;
    }
    for (String at = own; !at.isEmpty(); at = at.substring(0, Math.max(at.lastIndexOf('/'), 0))) {
      if (delegated.test(tree.resolve(at))) {
        return at;
      }
    }
    return scope;
  }
}
