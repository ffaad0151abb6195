package jstack.linux;

/** The MOUNT_ATTR_* bits of mount_setattr(2) and fsmount(2). */
public final class MountAttribute {
  public static final long RDONLY = 0x1L;
  public static final long NOSUID = 0x2L;
  public static final long NODEV = 0x4L;
  public static final long NOEXEC = 0x8L;
  public static final long STRICTATIME = 0x20L;

  private MountAttribute() {}
}
