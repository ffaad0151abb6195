package jstack.manifest;

/** A disk by its file and by the numbers that the kernel's files call it. */
public record BlockDevice(HostPath path, int major, int minor) {
  /** As in {@code 8:0}. */
  public String numbers() {
    return major + ":" + minor;
  }
}
