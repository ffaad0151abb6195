package jstack.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Paths are opened below a root also while others rename what they like. */
class OpenInRootIT {
  private static final int TRIES = 50_000;

  private static final int AT_FDCWD = -100;

  @TempDir Path folder;

  @Test
  void aRenameElsewhereIsNoReasonToFail() throws Exception {
    Path inside = Files.createDirectories(folder.resolve("root/a"));
    String root = String.valueOf(inside.getParent());
    byte[] path = zeroTerminated("a/../a/../a/../a/../a/../a");
    AtomicBoolean over = new AtomicBoolean();
    CountDownLatch begun = new CountDownLatch(1);
    FutureTask<Integer> renames = new FutureTask<>(rename(begun, over));
    new Thread(renames).start();
    begun.await();
    int flags = Posix.O_PATH | Posix.O_DIRECTORY;
    int directory =
        Posix.check(Posix.libc().openat(AT_FDCWD, zeroTerminated(root), flags, 0), root);
    int failed = 0;
    for (int i = 0; i < TRIES; i++) {
      int fd = Posix.openInRoot(directory, path, Posix.O_PATH);
      if (fd < 0) {
        failed++;
      } else {
        Posix.libc().close(fd);
      }
    }
    over.set(true);
    Posix.libc().close(directory);
    assertThat(failed).as("%s opens beside %s renames", TRIES, renames.get()).isZero();
  }

  /** Until it is over, and counts them. */
  private Callable<Integer> rename(CountDownLatch begun, AtomicBoolean over) {
    return () -> {
      Path one = Files.createFile(folder.resolve("one"));
      Path other = folder.resolve("other");
      int count = 0;
      while (!over.get()) {
        Files.move(one, other);
        Files.move(other, one);
        count += 2;
        begun.countDown();
      }
      return count;
    };
  }

  private static byte[] zeroTerminated(String text) {
    return Posix.zeroTerminated(text.getBytes(StandardCharsets.UTF_8));
  }
}
