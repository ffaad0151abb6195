package jstack.linux;

/** What the kernel does with a call, as a filter returns it; see SECCOMP_RET_* of seccomp(2). */
public record SeccompAction(int value) {
  public static final SeccompAction ALLOW = new SeccompAction(0x7fff_0000);
  public static final SeccompAction LOG = new SeccompAction(0x7ffc_0000);
  public static final SeccompAction TRAP = new SeccompAction(0x0003_0000);
  public static final SeccompAction KILL_THREAD = new SeccompAction(0);
  public static final SeccompAction KILL_PROCESS = new SeccompAction(0x8000_0000);
  public static final SeccompAction ABSENT = errno(Errno.ENOSYS);
  public static final SeccompAction REFUSE = errno(Errno.EPERM);

  private static final int ERRNO = 0x0005_0000;
  private static final int TRACE = 0x7ff0_0000;
  private static final int KIND = 0xffff_0000;

  /** The call is not made and fails with this. */
  public static SeccompAction errno(int number) {
    return new SeccompAction(ERRNO | (number & 0xffff));
  }

  /** A tracer is asked; without one the call fails with ENOSYS. */
  public static SeccompAction trace(int message) {
    return new SeccompAction(TRACE | (message & 0xffff));
  }

  public boolean isErrno() {
    return (value & KIND) == ERRNO;
  }

  /** The errno, or what a tracer is told. */
  public int data() {
    return value & 0xffff;
  }

  @Override
  public String toString() {
    if (isErrno()) {
      return Errno.name(data());
    }
    if ((value & KIND) == TRACE) {
      return "trace";
    }
    return switch (value) {
      case 0x7fff_0000 -> "allow";
      case 0x7ffc_0000 -> "log";
      case 0x0003_0000 -> "trap";
      case 0 -> "kill the thread";
      default -> "kill the process";
    };
  }
}
