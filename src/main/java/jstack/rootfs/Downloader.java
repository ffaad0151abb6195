package jstack.rootfs;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import jstack.diag.DiagnosticException;
import jstack.linux.CrashPoint;
import jstack.linux.FreeSpace;
import jstack.linux.JudgedFile;
import jstack.manifest.HostPath;
import jstack.manifest.RootfsSpec;
import jstack.manifest.policy.HeldPolicy;

/**
 * Fetches an archive to a file and hashes it on the way. What broke is gone on with from where it
 * stopped, when the server can prove that it is still the same; what keeps failing is given up with
 * the url, the attempt and the cause.
 */
final class Downloader {
  private static final int BUFFER = 1 << 17;

  private final Map<String, String> environment;
  private final DownloadPolicy policy;
  private final HeldPolicy held;
  private final FetchListener listener;

  /**
   * @param unchanged the server has nothing newer than what the caller knew
   */
  record Result(boolean unchanged, Validator validator) {}

  /** With leave to go wherever a redirect leads. */
  Downloader(Map<String, String> environment, DownloadPolicy policy, FetchListener listener) {
    this(environment, policy, HeldPolicy.NONE, listener);
  }

  /**
   * @param held says which hosts a redirect may lead to
   */
  Downloader(
      Map<String, String> environment,
      DownloadPolicy policy,
      HeldPolicy held,
      FetchListener listener) {
    this.held = held;
    this.environment = environment;
    this.policy = policy;
    this.listener = listener;
  }

  /** A url as it may be shown: without user, password and query values. */
  static String shown(URI url) {
    String text = url.toString();
    String user = url.getRawUserInfo();
    String bare = user == null ? text : text.replace(user + "@", "");
    int query = bare.indexOf('?');
    return query < 0 ? bare : bare.substring(0, query) + "?...";
  }

  /**
   * Fetches what {@code url} names to {@code part}; a part that a killed run left is gone on with.
   *
   * @param known what is here already; then only something newer is fetched
   */
  Result fetch(RootfsSpec.Url url, Path part, Optional<Validator> known) throws IOException {
    if ("file".equals(url.url().getScheme())) {
      return copyFile(url, part);
    }
    Path side = part.resolveSibling(part.getFileName() + ".validator");
    HttpDoor door = new HttpDoor(environment, policy);
    String cause = "";
    for (int attempt = 1; attempt <= policy.attempts(); attempt++) {
      try {
        Result result = attempt(url, part, side, door, known);
        CrashPoint.at("end a download");
        Files.deleteIfExists(side);
        return result;
      } catch (HttpDoor.Refused e) {
        if (!e.mayPass()) {
          discard(part, side);
          throw gaveUp(url, attempt, String.valueOf(e.getMessage()), e.hint());
        }
        cause = String.valueOf(e.getMessage());
        pause(url, attempt, cause, e.retryAfter());
      } catch (UnwritableException e) {
        // The hint is to be made before the room is there again.
        String hint = FreeSpace.hint(part, e, "check the free space and the owner of " + part);
        throw RootfsStore.failed(
            url, "fetch-failed", "cannot write " + part + ": " + e.getMessage(), hint);
      } catch (IOException e) {
        cause = HttpDoor.cause(e);
        pause(url, attempt, cause, Duration.ZERO);
      }
    }
    throw gaveUp(
        url,
        policy.attempts(),
        cause,
        "check the url and the network; the next run goes on from here");
  }

  private DiagnosticException gaveUp(RootfsSpec.Url url, int attempt, String cause, String hint) {
    String message =
        "cannot fetch "
            + shown(url.url())
            + " (attempt "
            + attempt
            + " of "
            + policy.attempts()
            + "): "
            + cause;
    return RootfsStore.failed(url, "fetch-failed", message, hint);
  }

  private void pause(RootfsSpec.Url url, int attempt, String cause, Duration asked) {
    if (attempt == policy.attempts()) {
      return;
    }
    long base = policy.backoff().toMillis() << (attempt - 1);
    long jitter = ThreadLocalRandom.current().nextLong(base / 4 + 1);
    Duration wait = Duration.ofMillis(Math.max(base + jitter, Math.min(asked.toMillis(), 60_000)));
    listener.retrying(shown(url.url()), attempt + 1, policy.attempts(), cause, wait);
    long until = System.nanoTime() + wait.toNanos();
    for (long left = wait.toNanos(); left > 0; left = until - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private Result attempt(
      RootfsSpec.Url url, Path part, Path side, HttpDoor door, Optional<Validator> known)
      throws IOException {
    Optional<Validator> partly = readSide(side);
    long have = partly.isPresent() && Files.exists(part) ? Files.size(part) : 0;
    try (HttpDoor.Response response =
        door.get(
            url.url(),
            next -> held.redirected(url, next),
            have,
            partly.map(Validator::condition).orElse(""),
            have == 0 ? known.map(Validator::condition).orElse("") : "")) {
      if (response.status() == 304) {
        return new Result(true, known.orElseThrow());
      }
      if (response.status() == 416) {
        discard(part, side);
        throw new IOException("the server has less than what came before");
      }
      long whole = response.status() == 206 ? response.wholeOfRestFrom(have) : -1;
      boolean same =
          response.etag().isEmpty()
              || partly.map(Validator::etag).filter(response.etag()::equals).isPresent();
      boolean goesOn = whole >= 0 && same;
      if (response.status() == 206 && !goesOn) {
        discard(part, side);
        throw new IOException("the server answered with another range than was asked for");
      }
      long from = goesOn ? have : 0;
      long total = goesOn ? whole : response.length();
      if (total > policy.maxBytes()) {
        throw new HttpDoor.Refused(
            "it has " + total + " bytes; at most " + policy.maxBytes() + " are taken", false, "");
      }
      Validator seen = new Validator("0".repeat(64), response.etag(), response.lastModified());
      if (!goesOn) {
        CrashPoint.at("begin a download");
        discard(part, side);
        if (seen.isStrong()) {
          Files.writeString(side, seen.toString());
        }
      }
      String digest = receive(url, response.body(), part, from, total);
      return new Result(false, new Validator(digest, seen.etag(), seen.lastModified()));
    }
  }

  private String receive(RootfsSpec.Url url, InputStream body, Path part, long from, long total)
      throws IOException {
    MessageDigest digest = digestOf(part, from);
    byte[] buffer = new byte[BUFFER];
    long done = from;
    StandardOpenOption how =
        from == 0 ? StandardOpenOption.TRUNCATE_EXISTING : StandardOpenOption.APPEND;
    CrashPoint.at("open the download");
    try (OutputStream out =
        Files.newOutputStream(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE, how)) {
      listener.downloading(shown(url.url()), done, total);
      for (int count; (count = body.read(buffer)) >= 0; ) {
        done += count;
        if (done > policy.maxBytes()) {
          throw new HttpDoor.Refused("it has more than " + policy.maxBytes() + " bytes", false, "");
        }
        if (done == from + count) {
          CrashPoint.at("write the first bytes of a download");
        }
        write(out, buffer, count, part);
        digest.update(buffer, 0, count);
        listener.downloading(shown(url.url()), done, total);
      }
    }
    if (total >= 0 && done != total) {
      throw new IOException("the server sent " + done + " of " + total + " bytes");
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Another attempt makes no room on a disk; what came so far does, when it goes. */
  private static void write(OutputStream out, byte[] buffer, int count, Path part)
      throws IOException {
    try {
      out.write(buffer, 0, count);
    } catch (IOException e) {
      Files.deleteIfExists(part);
      throw new UnwritableException(String.valueOf(e.getMessage()), e);
    }
  }

  /** It is not the net that is in the way. */
  private static final class UnwritableException extends IOException {
    UnwritableException(String message, IOException cause) {
      super(message, cause);
    }
  }

  private static MessageDigest digestOf(Path part, long length) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
    if (length > 0) {
      byte[] buffer = new byte[BUFFER];
      try (InputStream in = Files.newInputStream(part)) {
        for (int count; (count = in.read(buffer)) >= 0; ) {
          digest.update(buffer, 0, count);
        }
      }
    }
    return digest;
  }

  private Result copyFile(RootfsSpec.Url url, Path part) throws IOException {
    Path file;
    try {
      file = Path.of(url.url().getPath());
    } catch (RuntimeException e) {
      throw gaveUp(url, 1, "not a path of this machine", "write file:///absolute/path");
    }
    if (!Files.isRegularFile(file)) {
      throw gaveUp(url, 1, file + " is not there, or is no file", "correct the path");
    }
    Path real = file.toRealPath();
    held.leads(url, HostPath.of(real));
    try (JudgedFile judged = JudgedFile.open(real);
        InputStream in = judged.stream()) {
      String digest = receive(url, in, part, 0, judged.size());
      return new Result(false, new Validator(digest, "", ""));
    }
  }

  private static Optional<Validator> readSide(Path side) {
    try {
      return Validator.parse(Files.readString(side));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static void discard(Path part, Path side) throws IOException {
    Files.deleteIfExists(part);
    Files.deleteIfExists(side);
  }

  /** Seconds to a duration, for the header Retry-After. */
  static Duration seconds(String text) {
    try {
      return Duration.of(
          Math.max(0, Long.parseLong(text.strip())), TimeUnit.SECONDS.toChronoUnit());
    } catch (NumberFormatException e) {
      return Duration.ZERO; // A date: our own backoff will do.
    }
  }
}
