package jstack.manifest;

/**
 * How a rootfs is used: with a kept upper layer, with one that dies with the container, or as it
 * is.
 */
public enum RootfsMode {
  OVERLAY,
  EPHEMERAL,
  READONLY
}
