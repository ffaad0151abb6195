package jstack.linux;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Of {@code /proc/PID/mountinfo} what tells where the kernel shows itself: the mounts of its own
 * file systems, and whatever is mounted at or below one of these, in order. Disks, images and the
 * namespaces of others come and go without a difference, and so do the numbers of mounts. See
 * proc(5).
 */
public final class KernelMounts {
  /** Those that hold the kernel's knobs, as {@code /sys} does. */
  public static final Set<String> SYS_TYPES =
      Set.of(
          "sysfs",
          "cgroup",
          "cgroup2",
          "debugfs",
          "tracefs",
          "securityfs",
          "configfs",
          "bpf",
          "pstore",
          "efivarfs",
          "selinuxfs",
          "resctrl");

  private static final String SEPARATOR = " - ";

  /** Of the fields before the mount point. */
  private static final int SPACES_BEFORE = 4;

  private KernelMounts() {}

  /** A line for each: where it is, its type, source and options. */
  public static String of(String mountinfo) {
    StringBuilder text = new StringBuilder();
    List<String> tops = new ArrayList<>();
    int end;
    for (int at = 0; (end = mountinfo.indexOf('\n', at)) >= 0; at = end + 1) {
      int separator = mountinfo.indexOf(SEPARATOR, at);
      if (separator < 0 || separator > end) {
        continue;
      }
      String point = point(mountinfo, at);
      int type = separator + SEPARATOR.length();
      boolean below = isBelow(point, tops);
      boolean own = isKernels(mountinfo.substring(type, mountinfo.indexOf(' ', type)));
      if (own && !below) {
        tops.add(point);
      }
      if (own || below) {
        text.append(point).append(mountinfo, separator, end + 1);
      }
    }
    return text.toString();
  }

  private static String point(String line, int start) {
    int at = start;
    for (int i = 0; i < SPACES_BEFORE; i++) {
      at = line.indexOf(' ', at) + 1;
    }
    return line.substring(at, line.indexOf(' ', at));
  }

  private static boolean isKernels(String type) {
    return type.equals("proc") || type.equals("devtmpfs") || SYS_TYPES.contains(type);
  }

  private static boolean isBelow(String point, List<String> tops) {
    for (String top : tops) {
      if (point.startsWith(top)
          && (point.length() == top.length() || point.charAt(top.length()) == '/')) {
        return true;
      }
    }
    return false;
  }
}
