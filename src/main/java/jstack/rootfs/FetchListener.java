package jstack.rootfs;

import java.time.Duration;

/** Told how the making of a rootfs goes on; the command line draws it. */
public interface FetchListener {
  /** Says nothing. */
  FetchListener SILENT = new FetchListener() {};

  /**
   * A download begins or goes on.
   *
   * @param total bytes in all, -1 when the server does not say
   */
  default void downloading(String url, long done, long total) {}

  default void retrying(String url, int attempt, int attempts, String cause, Duration wait) {}

  /** Another process fetches the same; this one waits for it. */
  default void waiting(String what) {}

  default void unpacking(String what) {}

  /** Now and then while an archive is being unpacked. */
  default void unpackedSoFar(long entries, long bytes) {}

  default void unpacked(UnpackReport report) {}
}
