package jstack.linux;

/** The MS_* bits of mount(2). */
public final class MountFlag {
  public static final long RDONLY = 0x1L;
  public static final long NOSUID = 0x2L;
  public static final long NODEV = 0x4L;
  public static final long NOEXEC = 0x8L;
  public static final long REC = 0x4000L;
  public static final long PRIVATE = 0x40000L;
  public static final long SLAVE = 0x80000L;
  public static final long SHARED = 0x100000L;

  private MountFlag() {}
}
