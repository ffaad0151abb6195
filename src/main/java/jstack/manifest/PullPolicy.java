package jstack.manifest;

/** When a rootfs is fetched, in Compose's words. */
public enum PullPolicy {
  ALWAYS,
  NEVER,
  MISSING
}
