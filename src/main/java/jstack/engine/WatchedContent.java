package jstack.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.crypto.Mac;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.manifest.Mount;
import jstack.manifest.Service;
import jstack.state.AtomicFile;
import jstack.state.StateLayout;
import org.jspecify.annotations.Nullable;

/**
 * What the sources of mounts with {@code watch: content} hold, as hashes that only this boot of the
 * machine can make. What has not been touched since it was read is not read again: the state of its
 * files says so, as in the index of git.
 *
 * <p>The files are other people's, and may be changed by them meanwhile: names lead nowhere but to
 * themselves, what is no file is never opened, and nothing takes longer than its time.
 */
final class WatchedContent {
  static final long MOST_BYTES = 64L << 20;

  /** Longer than a disk needs for all of it; a file system that hangs is given up. */
  private static final long SECONDS = 30;

  private static final int ATTEMPTS = 5;

  /** A write within the same tick of the clock as the reading could not be seen later. */
  private static final long TICK_MILLIS = 1000;

  private static final int MOST_REMEMBERED = 1000;
  private static final String HINT =
      "watch the files that people edit, each with a mount of its own";

  private final StateLayout layout;
  private final String project;
  private final boolean claims;
  private final Map<Path, String> known = new LinkedHashMap<>();

  /**
   * @param claims whether what was read is remembered, and what cannot be read is an error
   */
  WatchedContent(StateLayout layout, String project, boolean claims) {
    this.layout = layout;
    this.project = project;
    this.claims = claims;
  }

  /**
   * The hashes of a service's mounts, by their targets; empty for one that watches nothing.
   *
   * @throws DiagnosticException when there is too much, or when it changes all the time
   */
  Map<String, String> of(Service service) {
    Map<String, String> hashes = new LinkedHashMap<>();
    for (Mount mount : service.mounts()) {
      if (mount instanceof Mount.Bind bind && bind.watched()) {
        hashes.put(bind.target().value(), hash(bind));
      }
    }
    return hashes;
  }

  private String hash(Mount.Bind bind) {
    Path source = bind.real().toPath();
    String hash = known.get(source);
    if (hash == null) {
      hash = withinTime(bind, source);
      known.put(source, hash);
    }
    return hash;
  }

  /** A thread of its own, since nobody can be called back from a file system that hangs. */
  private String withinTime(Mount.Bind bind, Path source) {
    CompletableFuture<String> answer = new CompletableFuture<>();
    Thread reader =
        new Thread(
            () -> {
              try {
                answer.complete(read(source));
              } catch (IOException | RuntimeException e) {
                answer.completeExceptionally(e);
              }
            },
            "content of " + source);
    reader.setDaemon(true);
    reader.start();
    try {
      return answer.get(SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw refused(bind, source + " could not be read within " + SECONDS + " s", "");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Waiting.cancelled();
    } catch (ExecutionException e) {
      return failed(bind, source, e.getCause());
    }
  }

  private String failed(Mount.Bind bind, Path source, @Nullable Throwable why) {
    if (why instanceof WatchedFiles.TooMuch) {
      throw refused(bind, source + " is too much to watch: " + why.getMessage(), HINT);
    }
    if (why instanceof AccessDeniedException) {
      if (!claims) {
        return ""; // Who may not read it may not see what runs either.
      }
      throw refused(bind, why.getMessage() + ": permission denied", "");
    }
    if (why instanceof IOException) {
      throw refused(bind, source + " cannot be read: " + why.getMessage(), "");
    }
    throw new IllegalStateException("content of " + source, why);
  }

  private static DiagnosticException refused(Mount.Bind bind, String message, String hint) {
    return new DiagnosticException(
        Failure.OPERATION, Diagnostic.error(bind.origin(), "unreadable", message).withHint(hint));
  }

  private String read(Path source) throws IOException {
    Mac mac = StoredFiles.mac(layout, claims);
    String name = hex(mac.doFinal(source.toString().getBytes(StandardCharsets.UTF_8)));
    Map<String, String> remembered = remembered();
    for (int i = 0; i < ATTEMPTS; i++) {
      List<WatchedFiles.Entry> files = WatchedFiles.of(source);
      String state = state(mac, files);
      String old = remembered.getOrDefault(name, "");
      if (old.startsWith(state + " ")) {
        return old.substring(state.length() + 1);
      }
      long begun = System.currentTimeMillis();
      String hash;
      try {
        hash = content(mac, source, files);
      } catch (NoSuchFileException e) {
        continue; // somebody is at it just now
      }
      if (state.equals(state(mac, WatchedFiles.of(source)))) {
        boolean settled = WatchedFiles.newest(files) < begun - TICK_MILLIS;
        if (claims && settled) {
          remembered.put(name, state + " " + hash);
          remember(remembered);
        }
        return hash;
      }
    }
    throw new IOException("it changes while it is read");
  }

  /** Which files there are, and as of when. */
  private static String state(Mac mac, List<WatchedFiles.Entry> files) {
    for (WatchedFiles.Entry file : files) {
      update(mac, file.name());
      update(mac, file.state());
    }
    return hex(mac.doFinal());
  }

  private static String content(Mac mac, Path source, List<WatchedFiles.Entry> files)
      throws IOException {
    long left = MOST_BYTES;
    ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
    for (WatchedFiles.Entry file : files) {
      update(mac, file.name());
      update(mac, file.kind().name());
      Path path = file.name().isEmpty() ? source : source.resolve(file.name());
      if (file.kind() == WatchedFiles.Kind.LINK) {
        update(mac, Files.readSymbolicLink(path).toString());
      } else if (file.kind() == WatchedFiles.Kind.FILE) {
        long length = 0;
        try (SeekableByteChannel in =
            Files.newByteChannel(
                path, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
          while (in.read(buffer.clear()) >= 0) {
            mac.update(buffer.flip());
            length += buffer.limit();
            left -= buffer.limit();
            if (left < 0) {
              throw WatchedFiles.tooManyBytes();
            }
          }
        }
        update(mac, Long.toString(length));
      }
    }
    return hex(mac.doFinal());
  }

  private static void update(Mac mac, String text) {
    mac.update(text.getBytes(StandardCharsets.UTF_8));
    mac.update((byte) 0);
  }

  private static String hex(byte[] hash) {
    return HexFormat.of().formatHex(hash, 0, 16);
  }

  /** State and hash of each source, by the hash of its path; a torn line fits no state. */
  private Map<String, String> remembered() {
    Map<String, String> lines = new LinkedHashMap<>();
    try {
      for (String line : Files.readAllLines(layout.watched(project), StandardCharsets.UTF_8)) {
        int blank = line.indexOf(' ');
        if (blank > 0) {
          lines.put(line.substring(0, blank), line.substring(blank + 1));
        }
      }
    } catch (IOException e) {
      return new LinkedHashMap<>(); // then all is read
    }
    return lines;
  }

  private void remember(Map<String, String> lines) {
    while (lines.size() > MOST_REMEMBERED) {
      lines.remove(lines.keySet().iterator().next());
    }
    StringBuilder text = new StringBuilder();
    lines.forEach((name, line) -> text.append(name).append(' ').append(line).append('\n'));
    try {
      if (Files.isDirectory(layout.project(project))) {
        AtomicFile.write(layout.watched(project), text.toString().getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      return; // the next run reads again
    }
  }
}
