package jstack.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import jstack.diag.DiagnosticException;
import jstack.engine.WatchedFiles;
import jstack.manifest.FileObject;
import jstack.manifest.Manifest;
import jstack.manifest.Mount;
import jstack.manifest.Service;
import org.jspecify.annotations.Nullable;

/**
 * Waits for edits of a manifest and of the files that go into it, for {@code up --watch}. Folders
 * are watched, since an editor puts a new file in the place of the old one.
 */
final class ManifestWatch {
  /** An edit is over when nothing more happens for so long, in milliseconds. */
  private static final long QUIET = 100;

  /** When the user has had enough: while an edit is applied, that is finished first. */
  static final class End {
    private final Thread main = Thread.currentThread();
    private volatile boolean over;
    private volatile boolean waits;

    /** From another thread. */
    void now() {
      over = true;
      if (waits) {
        main.interrupt();
      }
    }

    private void await(WatchService service) throws InterruptedException {
      waits = true;
      try {
        if (!over) {
          settle(service);
        }
      } finally {
        waits = false;
      }
      if (over) {
        throw new InterruptedException("over");
      }
    }
  }

  /** Makes the manifest true as it is now. */
  interface Apply {
    void run() throws IOException;
  }

  private ManifestWatch() {}

  /**
   * Applies each edit until the end. What is wrong with one is said, and the next may mend it.
   *
   * @param files those that count, as of the last manifest that could be read
   * @param seen the state of the files before they were applied
   */
  static void follow(
      Console console, Supplier<Set<Path>> files, Map<Path, String> seen, Apply apply, End end)
      throws IOException, InterruptedException {
    Map<Path, String> last = new LinkedHashMap<>(seen);
    try (WatchService service = console.workingDirectory().getFileSystem().newWatchService()) {
      while (true) {
        register(service, files.get());
        Map<Path, String> now = states(files.get());
        if (now.equals(last)) {
          end.await(service);
          continue;
        }
        last = now;
        try {
          apply.run();
        } catch (DiagnosticException e) {
          console.print(e.diagnostics());
        }
        // The edited manifest may name other files, which have just been read.
        for (Map.Entry<Path, String> other : states(files.get()).entrySet()) {
          last.putIfAbsent(other.getKey(), other.getValue());
        }
        last.keySet().retainAll(files.get());
      }
    }
  }

  private static void register(WatchService service, Set<Path> files) throws IOException {
    for (Path file : files) {
      register(service, file.getParent());
      register(service, file);
    }
  }

  private static void register(WatchService service, @Nullable Path folder) throws IOException {
    if (folder != null && Files.isDirectory(folder)) {
      folder.register(
          service,
          StandardWatchEventKinds.ENTRY_CREATE,
          StandardWatchEventKinds.ENTRY_MODIFY,
          StandardWatchEventKinds.ENTRY_DELETE);
    }
  }

  private static void settle(WatchService service) throws InterruptedException {
    WatchKey key = service.take();
    while (key != null) {
      key.pollEvents();
      key.reset();
      key = service.poll(QUIET, TimeUnit.MILLISECONDS);
    }
  }

  /** Which file stands at each path, and as of when; nothing where there is none. */
  static Map<Path, String> states(Set<Path> files) {
    Map<Path, String> states = new LinkedHashMap<>();
    for (Path file : files) {
      String state;
      try {
        BasicFileAttributes is = Files.readAttributes(file, BasicFileAttributes.class);
        state = is.fileKey() + " " + is.size() + " " + is.lastModifiedTime();
      } catch (IOException e) {
        state = "";
      }
      states.put(file, state);
    }
    return states;
  }

  /**
   * The files of secrets and configs, which are read each time, and the mounts that are watched.
   */
  static void add(Manifest manifest, Set<Path> files) {
    for (FileObject.Kind kind : FileObject.Kind.values()) {
      for (FileObject object : manifest.storage().files(kind).values()) {
        if (object.source() instanceof FileObject.Source.OfFile file) {
          files.add(file.path().toPath());
        }
      }
    }
    for (Service service : manifest.services().values()) {
      for (Mount mount : service.mounts()) {
        if (mount instanceof Mount.Bind bind && bind.watched()) {
          files.addAll(WatchedFiles.paths(bind.real().toPath()));
          files.add(bind.source().toPath()); // which may be a link to another file by now
        }
      }
    }
  }
}
