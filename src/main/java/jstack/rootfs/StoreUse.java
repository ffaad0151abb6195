package jstack.rootfs;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/**
 * The store is in use by this process: many may use it at once, or one may take away from it. The
 * kernel ends a use with its process; see fcntl(2), advisory record locking.
 */
public final class StoreUse implements AutoCloseable {
  private final FileChannel channel;

  private StoreUse(FileChannel channel) {
    this.channel = channel;
  }

  static StoreUse share(Path file) throws IOException {
    FileChannel channel = open(file);
    try {
      FileLock lock = channel.lock(0, Long.MAX_VALUE, true);
      if (!lock.isValid()) {
        throw new IOException("the lock was lost");
      }
      return new StoreUse(channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** Nobody else's: whoever can open it can lock it. */
  private static FileChannel open(Path file) throws IOException {
    return FileChannel.open(
        file,
        Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
  }

  /** Empty when somebody uses the store. */
  static Optional<StoreUse> alone(Path file) throws IOException {
    FileChannel channel = open(file);
    FileLock lock = channel.tryLock();
    if (lock == null) {
      channel.close();
      return Optional.empty();
    }
    return Optional.of(new StoreUse(channel));
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // The lock goes with the descriptor, and that is gone.
    }
  }
}
