package jstack.plan;

import java.util.Locale;

/** What it costs to make a change true, from the cheapest to the dearest. */
public enum ChangeClass {
  /** Nothing has to be done. */
  NONE,
  /** Kernel files are written; the processes run on. */
  LIVE,
  /** A new process in new namespaces and mounts; what the container wrote is kept. */
  RECREATE,
  /** A new rootfs, and so a clean upper layer. */
  ROOTFS;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
