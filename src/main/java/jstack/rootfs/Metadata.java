package jstack.rootfs;

import java.nio.file.attribute.FileTime;
import java.util.concurrent.TimeUnit;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;

/**
 * Owner, mode and time of an entry.
 *
 * @param mode the permission bits only, whatever type bits the archive put there
 * @param seconds since the epoch, between 1970 and 2242
 */
record Metadata(int mode, int uid, int gid, long seconds, long nanos) {
  private static final long LATEST = 1L << 33;

  static Metadata of(TarArchiveEntry entry) {
    FileTime time = entry.getLastModifiedTime();
    long nanos = time.to(TimeUnit.NANOSECONDS);
    long seconds = time.to(TimeUnit.SECONDS);
    boolean exact = Math.floorDiv(nanos, 1_000_000_000L) == seconds;
    long clamped = Math.max(0, Math.min(LATEST, seconds));
    return new Metadata(
        entry.getMode() & 07777,
        (int) entry.getLongUserId(),
        (int) entry.getLongGroupId(),
        clamped,
        exact && clamped == seconds ? Math.floorMod(nanos, 1_000_000_000L) : 0);
  }

  /** Access time and modification time for utimensat(2). */
  long[] times() {
    return new long[] {seconds, nanos, seconds, nanos};
  }
}
