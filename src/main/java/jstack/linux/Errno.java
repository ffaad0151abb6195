package jstack.linux;

import java.util.Map;
import java.util.OptionalInt;

/** The error numbers of errno(3) that setting up a container can meet, on x86-64 and arm64. */
public final class Errno {
  public static final int EPERM = 1;
  public static final int ENOENT = 2;
  public static final int EIO = 5;
  public static final int ENOEXEC = 8;
  public static final int EAGAIN = 11;
  public static final int EACCES = 13;
  public static final int EBUSY = 16;
  public static final int EEXIST = 17;
  public static final int EXDEV = 18;
  public static final int ENODEV = 19;
  public static final int ENOTDIR = 20;
  public static final int EISDIR = 21;
  public static final int EINVAL = 22;
  public static final int ENOSPC = 28;
  public static final int EROFS = 30;
  public static final int EMLINK = 31;
  public static final int ENAMETOOLONG = 36;
  public static final int ENOSYS = 38;
  public static final int ENOTEMPTY = 39;
  public static final int ELOOP = 40;
  public static final int EBADMSG = 74;
  public static final int EOPNOTSUPP = 95;

  private static final Map<Integer, String> WORDS =
      Map.ofEntries(
          Map.entry(1, "Operation not permitted (EPERM)"),
          Map.entry(2, "No such file or directory (ENOENT)"),
          Map.entry(3, "No such process (ESRCH)"),
          Map.entry(4, "Interrupted system call (EINTR)"),
          Map.entry(5, "Input/output error (EIO)"),
          Map.entry(6, "No such device or address (ENXIO)"),
          Map.entry(7, "Argument list too long (E2BIG)"),
          Map.entry(8, "Exec format error (ENOEXEC)"),
          Map.entry(9, "Bad file descriptor (EBADF)"),
          Map.entry(10, "No child processes (ECHILD)"),
          Map.entry(11, "Resource temporarily unavailable (EAGAIN)"),
          Map.entry(12, "Cannot allocate memory (ENOMEM)"),
          Map.entry(13, "Permission denied (EACCES)"),
          Map.entry(14, "Bad address (EFAULT)"),
          Map.entry(15, "Block device required (ENOTBLK)"),
          Map.entry(16, "Device or resource busy (EBUSY)"),
          Map.entry(17, "File exists (EEXIST)"),
          Map.entry(18, "Invalid cross-device link (EXDEV)"),
          Map.entry(19, "No such device (ENODEV)"),
          Map.entry(20, "Not a directory (ENOTDIR)"),
          Map.entry(21, "Is a directory (EISDIR)"),
          Map.entry(22, "Invalid argument (EINVAL)"),
          Map.entry(23, "Too many open files in system (ENFILE)"),
          Map.entry(24, "Too many open files (EMFILE)"),
          Map.entry(25, "Inappropriate ioctl for device (ENOTTY)"),
          Map.entry(26, "Text file busy (ETXTBSY)"),
          Map.entry(27, "File too large (EFBIG)"),
          Map.entry(28, "No space left on device (ENOSPC)"),
          Map.entry(29, "Illegal seek (ESPIPE)"),
          Map.entry(30, "Read-only file system (EROFS)"),
          Map.entry(31, "Too many links (EMLINK)"),
          Map.entry(32, "Broken pipe (EPIPE)"),
          Map.entry(33, "Numerical argument out of domain (EDOM)"),
          Map.entry(34, "Numerical result out of range (ERANGE)"),
          Map.entry(36, "File name too long (ENAMETOOLONG)"),
          Map.entry(38, "Function not implemented (ENOSYS)"),
          Map.entry(39, "Directory not empty (ENOTEMPTY)"),
          Map.entry(40, "Too many levels of symbolic links (ELOOP)"),
          Map.entry(61, "No data available (ENODATA)"),
          Map.entry(74, "Bad message (EBADMSG)"),
          Map.entry(75, "Value too large for defined data type (EOVERFLOW)"),
          Map.entry(87, "Too many users (EUSERS)"),
          Map.entry(95, "Operation not supported (EOPNOTSUPP)"),
          Map.entry(98, "Address already in use (EADDRINUSE)"),
          Map.entry(110, "Connection timed out (ETIMEDOUT)"),
          Map.entry(122, "Disk quota exceeded (EDQUOT)"));

  private Errno() {}

  /** As people know it: {@code No such file or directory (ENOENT)}. */
  public static String text(int number) {
    return WORDS.getOrDefault(number, "errno " + number);
  }

  /** As a C program spells it: {@code ENOENT}. */
  public static String name(int number) {
    String text = text(number);
    int open = text.indexOf('(');
    return open < 0 ? text : text.substring(open + 1, text.length() - 1);
  }

  /** The number of a name such as {@code ENOENT}. */
  public static OptionalInt number(String name) {
    return WORDS.entrySet().stream()
        .filter(entry -> entry.getValue().endsWith("(" + name + ")"))
        .mapToInt(Map.Entry::getKey)
        .findFirst();
  }
}
