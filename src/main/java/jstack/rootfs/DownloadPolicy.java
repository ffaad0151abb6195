package jstack.rootfs;

import java.time.Duration;

/**
 * How patient a download is.
 *
 * @param attempts in all; each begins where the last one stopped
 * @param stall the longest silence of a server before it counts as gone
 * @param backoff before the second attempt; doubled for each further one
 * @param maxBytes the largest archive that is taken
 */
record DownloadPolicy(
    int attempts,
    int redirects,
    Duration connect,
    Duration stall,
    Duration backoff,
    long maxBytes) {
  static final DownloadPolicy DEFAULT =
      new DownloadPolicy(
          5, 5, Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofMillis(500), 20L << 30);
}
