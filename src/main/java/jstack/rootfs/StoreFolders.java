package jstack.rootfs;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import jstack.diag.DiagnosticException;
import jstack.diag.Inputs;
import jstack.linux.CrashPoint;
import jstack.linux.OwnProcess;
import jstack.manifest.HostPath;

/**
 * The folders of the store, and how something gets into them whole or not at all.
 *
 * <pre>
 * sha256/DIGEST[-stripN]/{complete,root/}   complete is written last: without it nothing is there
 * jail/KEY/{complete,root/}                 host jails
 * index/KEY                                 which digest a url or a file had
 * tmp/                                      what is being made; everything there may be swept
 * locks/                                    one file for each thing that only one may make
 * </pre>
 */
final class StoreFolders {
  private final Path store;
  private final Inputs inputs;

  private static final String PINNED = ".pinned";

  private static final Duration PINNED_FOR = Duration.ofDays(1);

  /**
   * @param inputs is told of what was looked for
   */
  StoreFolders(Path store, Inputs inputs) {
    this.inputs = inputs;
    this.store = store;
  }

  /** Where a download lies until it is unpacked. */
  Path unfinished(String name) {
    return store.resolve("tmp").resolve(name);
  }

  /** Where an archive waits that was fetched to be pinned. */
  Path pinned(String digest) {
    return unfinished(digest + PINNED);
  }

  Optional<PreparedRootfs> complete(String kind, String name) {
    Path place = store.resolve(kind).resolve(name);
    boolean there = Files.exists(place.resolve("complete"));
    inputs.note(Inputs.Kind.THERE, place.resolve("complete").toString(), there);
    return there
        ? Optional.of(new PreparedRootfs(HostPath.of(place.resolve("root")), name))
        : Optional.empty();
  }

  /**
   * Nothing is pruned while this is held: between the look at a rootfs and the record of the
   * container that uses it.
   */
  StoreUse use() {
    try {
      Path locks = store.resolve("locks");
      if (!Files.isDirectory(locks)) {
        make();
      }
      return StoreUse.share(locks.resolve("use"));
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "rootfs-store",
          "cannot use " + store + ": " + reason(e),
          "check the free space and the owner of that directory");
    }
  }

  /** The marker goes in before the rename: what has its final name is whole. */
  void publish(Path temporary, String kind, String name, String what) throws IOException {
    CrashPoint.at("mark a rootfs as complete");
    writeDurably(temporary.resolve("complete"), what + "\n");
    Path place = store.resolve(kind).resolve(name);
    if (Files.exists(place)) {
      CrashPoint.at("remove a rootfs without its mark");
      sweepTree(place);
    }
    CrashPoint.at("publish a rootfs");
    Files.move(temporary, place, StandardCopyOption.ATOMIC_MOVE);
    flush(store.resolve(kind));
  }

  Path temporary() throws IOException {
    Path directory = store.resolve("tmp");
    CrashPoint.at("mkdir for a rootfs");
    return Files.createTempDirectory(
        directory,
        "unpack-" + OwnProcess.pid() + "-",
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  void make() throws IOException {
    for (String name : new String[] {"sha256", "jail", "index", "tmp", "locks"}) {
      Path directory = store.resolve(name);
      if (!Files.isDirectory(directory)) {
        CrashPoint.at("mkdir rootfs/" + name);
        Files.createDirectories(
            directory,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
    }
    sweepTheDead();
    sweepPinned();
  }

  /** What killed runs left half made; what belongs to a process that lives is left alone. */
  private void sweepTheDead() throws IOException {
    try (DirectoryStream<Path> entries =
        Files.newDirectoryStream(store.resolve("tmp"), "{unpack,index}-*")) {
      for (Path entry : entries) {
        String pid = String.valueOf(entry.getFileName()).split("-", -1)[1];
        boolean alive =
            pid.matches("[0-9]{1,10}")
                && ProcessHandle.of(Long.parseLong(pid)).map(ProcessHandle::isAlive).orElse(false);
        if (!alive) {
          CrashPoint.at("sweep what a dead run left");
          sweepTree(entry);
        }
      }
    }
  }

  RootfsLock lock(String key, String what, FetchListener listener) throws IOException {
    return RootfsLock.take(store.resolve("locks").resolve(key), what, listener);
  }

  Optional<Validator> index(String key) {
    Path file = store.resolve("index").resolve(key);
    try {
      String text = Files.readString(file);
      inputs.text(file.toString(), text.getBytes(StandardCharsets.UTF_8));
      return Validator.parse(text);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  void index(String key, Validator validator) throws IOException {
    Path file = store.resolve("index").resolve(key);
    Path temporary = store.resolve("tmp").resolve("index-" + OwnProcess.pid());
    try {
      CrashPoint.at("write the index");
      writeDurably(temporary, validator.toString());
      CrashPoint.at("rename the index");
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static void writeDurably(Path file, String text) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.WRITE,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      channel.write(StandardCharsets.UTF_8.encode(text));
      channel.force(true);
    }
  }

  private static void flush(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Takes away what killed runs left half made; a download waits for whoever goes on with it. */
  void sweep() throws IOException {
    if (Files.isDirectory(store.resolve("tmp"))) {
      sweepTheDead();
      sweepPinned();
    }
  }

  /** Archives that were pinned and that nobody has wanted since. */
  private void sweepPinned() throws IOException {
    try (DirectoryStream<Path> entries =
        Files.newDirectoryStream(store.resolve("tmp"), "*" + PINNED)) {
      for (Path entry : entries) {
        long age = System.currentTimeMillis() - Files.getLastModifiedTime(entry).toMillis();
        if (age > PINNED_FOR.toMillis()) {
          Files.deleteIfExists(entry);
        }
      }
    }
  }

  static void sweepTree(Path tree) {
    if (Files.exists(tree, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
      TreeRemover.remove(tree);
    }
  }

  static String reason(IOException e) {
    if (e instanceof java.nio.file.NoSuchFileException) {
      return e.getMessage() + " is not there";
    }
    if (e instanceof java.nio.file.AccessDeniedException) {
      return e.getMessage() + ": permission denied";
    }
    return String.valueOf(e.getMessage());
  }
}
