package jstack.linux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import jnr.ffi.LibraryLoader;
import jnr.ffi.LibraryOption;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.ffi.annotations.In;
import jnr.ffi.annotations.Out;
import org.jspecify.annotations.Nullable;

/**
 * The door to the native calls that Java has no name for: files below a directory's descriptor,
 * with names as bytes. jnr-ffi, the ground that jnr-posix stands on, binds just these; jnr-posix
 * has none of them.
 *
 * <p>Every method throws {@link PosixException} with the errno. Loading it takes tens of
 * milliseconds: nothing on the way of a warm start may touch this class.
 */
public final class Posix {
  public static final int O_RDONLY = 0;
  public static final int O_WRONLY = 1;
  public static final int O_CREAT = 0100;
  public static final int O_EXCL = 0200;
  public static final int O_NOFOLLOW = 0400000;
  public static final int O_DIRECTORY = 0200000;
  public static final int O_PATH = 010000000;
  public static final int O_CLOEXEC = 02000000;
  public static final int AT_FDCWD = -100;
  public static final int AT_SYMLINK_NOFOLLOW = 0x100;
  public static final int AT_REMOVEDIR = 0x200;
  public static final int AT_EMPTY_PATH = 0x1000;

  private static final long SYS_OPENAT2 = 437;
  private static final long RESOLVE_NO_MAGICLINKS = 0x02;
  private static final long RESOLVE_NO_SYMLINKS = 0x04;
  private static final long RESOLVE_BENEATH = 0x08;
  private static final long RESOLVE_IN_ROOT = 0x10;
  private static final int OPEN_HOW_SIZE = 24;
  private static final int OPEN_ATTEMPTS = 128;

  /** The functions of libc, as they are; names are zero-terminated bytes. */
  public interface LibC {
    int openat(int directory, @In byte[] name, int flags, int mode);

    int mkdirat(int directory, @In byte[] name, int mode);

    int mknodat(int directory, @In byte[] name, int mode, long device);

    int symlinkat(@In byte[] text, int directory, @In byte[] name);

    int linkat(int from, @In byte[] name, int to, @In byte[] newName, int flags);

    int unlinkat(int directory, @In byte[] name, int flags);

    int fchownat(int directory, @In byte[] name, int uid, int gid, int flags);

    int fchown(int fd, int uid, int gid);

    int fchmod(int fd, int mode);

    int fchmodat(int directory, @In byte[] name, int mode, int flags);

    int utimensat(int directory, @In byte[] name, @In long[] times, int flags);

    int futimens(int fd, @In long[] times);

    int fsetxattr(int fd, @In byte[] name, @In byte[] value, long size, int flags);

    long write(int fd, @In ByteBuffer bytes, long count);

    int ftruncate(int fd, long length);

    long lseek(int fd, long offset, int whence);

    int close(int fd);

    int syncfs(int fd);

    long syscall(long number, int directory, @In byte[] name, @In long[] how, long size);

    long readlinkat(int directory, @In byte[] name, @Out byte[] text, long size);

    @Nullable Pointer fdopendir(int fd);

    @Nullable Pointer readdir(Pointer directory);

    int closedir(Pointer directory);
  }

  private static final LibC C =
      LibraryLoader.create(LibC.class).option(LibraryOption.SaveError, true).load("c");
  private static final Runtime RUNTIME = Runtime.getRuntime(C);

  private Posix() {}

  /** A failed call with its errno. */
  public static final class PosixException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    PosixException(String call, int errno) {
      super(call + ": " + Errno.text(errno));
      this.errno = errno;
    }

    public int errno() {
      return errno;
    }
  }

  /** The functions themselves, for those who count calls; -1 means {@link #lastError()}. */
  public static LibC libc() {
    return C;
  }

  public static int lastError() {
    return RUNTIME.getLastError();
  }

  /** The result, or the errno as an exception when it is negative. */
  public static int check(int result, String call) throws PosixException {
    if (result < 0) {
      throw new PosixException(call, lastError());
    }
    return result;
  }

  /** What is left in a direct buffer, in as many calls as that takes; see write(2). */
  public static void writeAll(int fd, ByteBuffer direct) throws PosixException {
    while (direct.hasRemaining()) {
      long written = C.write(fd, direct.slice(), direct.remaining());
      if (written < 0) {
        throw new PosixException("write", lastError());
      }
      direct.position(direct.position() + (int) written);
    }
  }

  /** The names in a directory, as bytes: Java has none for those that are no UTF-8. */
  public static final class Names implements AutoCloseable {
    /** In struct dirent of every 64-bit libc; see readdir(3). */
    private static final int NAME = 19;

    private static final int LONGEST = 255;

    private final Pointer stream;

    /**
     * @param directory a descriptor, be it O_PATH; it stays open
     */
    public Names(int directory) throws PosixException {
      byte[] itself = {'.', 0};
      int fd = check(C.openat(directory, itself, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0), "open");
      Pointer opened = C.fdopendir(fd);
      if (opened == null) {
        int errno = lastError();
        C.close(fd);
        throw new PosixException("fdopendir", errno);
      }
      stream = opened;
    }

    /** The next one, without a zero; null at the end. */
    public byte @Nullable [] next() throws PosixException {
      RUNTIME.setLastError(0);
      Pointer entry = C.readdir(stream);
      if (entry == null) {
        if (lastError() != 0) {
          throw new PosixException("readdir", lastError());
        }
        return null;
      }
      byte[] name = new byte[LONGEST];
      int length = 0;
      for (byte each; length < LONGEST && (each = entry.getByte(NAME + length)) != 0; length++) {
        name[length] = each;
      }
      return Arrays.copyOf(name, length);
    }

    @Override
    public void close() {
      C.closedir(stream);
    }
  }

  /** A name with the zero that ends it. */
  public static byte[] zeroTerminated(byte[] name) {
    return Arrays.copyOf(name, name.length + 1);
  }

  /**
   * Opens a path as if {@code root} were /: links and {@code ..} lead nowhere else. See openat2(2),
   * RESOLVE_IN_ROOT. A rename or a mount anywhere on the machine may disturb a {@code ..}: then the
   * kernel wants to be asked again (EAGAIN).
   *
   * @return the descriptor, or -1 with {@link #lastError()}
   */
  public static int openInRoot(int root, byte[] zeroTerminatedPath, int flags) {
    return open(root, zeroTerminatedPath, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
  }

  /** The same for a path that has no link in it: ELOOP when it has, EXDEV when it leads out. */
  public static int openWithoutLinks(int root, byte[] zeroTerminatedPath, int flags) {
    return open(root, zeroTerminatedPath, flags, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
  }

  private static int open(int root, byte[] zeroTerminatedPath, int flags, long resolve) {
    long[] how = {Integer.toUnsignedLong(flags | O_CLOEXEC), 0, resolve};
    int fd = -1;
    for (int attempt = 0; attempt < OPEN_ATTEMPTS; attempt++) {
      fd = (int) C.syscall(SYS_OPENAT2, root, zeroTerminatedPath, how, OPEN_HOW_SIZE);
      if (fd >= 0 || lastError() != Errno.EAGAIN) {
        break;
      }
    }
    return fd;
  }
}
