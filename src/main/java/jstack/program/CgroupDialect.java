package jstack.program;

import java.util.List;
import jstack.manifest.Resources;

/**
 * How one version of cgroups spells a limit; see cgroups(7) and the kernel's cgroup-v1 and
 * cgroup-v2 pages.
 */
sealed interface CgroupDialect permits CgroupV1, CgroupV2 {

  /**
   * One limit as a kernel file takes it.
   *
   * @param controller whose hierarchy or activation it needs
   * @param key of the manifest, below {@code cgroup}
   */
  record Limit(String controller, String file, String text, String key) {}

  /** A limit that this version has no file for. */
  record Missing(String key, String why, String mend) {}

  /** The limits in the order in which they have to be written. */
  List<Limit> limits(Resources resources);

  /** What was asked for and cannot be said in this dialect. */
  List<Missing> missing(Resources resources);
}
