package jstack.rootfs;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The right to make one rootfs: whoever wants the same waits. The kernel takes it back at death.
 */
final class RootfsLock implements AutoCloseable {
  private final FileChannel channel;

  private RootfsLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * @param what for the message to the user while this waits
   */
  static RootfsLock take(Path file, String what, FetchListener listener) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock lock = channel.tryLock();
      if (lock == null) {
        listener.waiting(what);
        lock = channel.lock();
      }
      return new RootfsLock(channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
