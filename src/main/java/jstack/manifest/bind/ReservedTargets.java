package jstack.manifest.bind;

import java.util.List;
import jstack.manifest.ContainerPath;

/** The places of a container that jstack fills itself, where nothing else may be mounted. */
final class ReservedTargets {
  private static final List<String> DEVICES =
      List.of(
          "console", "core", "fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm",
          "stderr", "stdin", "stdout", "tty", "urandom", "zero");

  private ReservedTargets() {}

  /** Empty when something may be mounted there. */
  static String reason(ContainerPath target) {
    String path = target.value();
    if (path.equals("/")) {
      return "the root itself cannot be a mount's target";
    }
    if (target.isWithin(new ContainerPath("/proc"))) {
      return "/proc and all below it belong to jstack";
    }
    if (target.isWithin(new ContainerPath("/sys"))) {
      return "/sys and all below it belong to jstack";
    }
    if (path.equals("/dev")) {
      return "/dev belongs to jstack";
    }
    if (path.startsWith("/dev/")) {
      int slash = path.indexOf('/', 5);
      String name = path.substring(5, slash < 0 ? path.length() : slash);
      if (DEVICES.contains(name)) {
        String size = name.equals("shm") ? "; its size is shm_size" : "";
        return "/dev/" + name + " belongs to jstack" + size;
      }
    }
    return "";
  }
}
