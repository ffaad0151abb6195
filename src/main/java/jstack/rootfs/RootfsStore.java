package jstack.rootfs;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.linux.CrashPoint;
import jstack.linux.FreeSpace;
import jstack.manifest.HeldPolicy;
import jstack.manifest.HostPath;
import jstack.manifest.LockFile;
import jstack.manifest.PullPolicy;
import jstack.manifest.RootfsLimits;
import jstack.manifest.RootfsSpec;
import jstack.manifest.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * The unpacked archives of this machine, each named by the digest of its bytes, and never changed.
 *
 * <pre>
 * sha256/DIGEST[-stripN]/{complete,root/}   complete is written last: without it nothing is there
 * jail/KEY/{complete,root/}                 host jails
 * index/KEY                                 which digest a url or a file had
 * tmp/                                      what is being made; everything there may be swept
 * </pre>
 */
public final class RootfsStore {
  private final Path store;
  private final Map<String, String> environment;
  private final Unpacker unpacker;
  private final HeldPolicy policy;
  private final Map<List<Object>, PreparedRootfs> known = new HashMap<>();

  private static final String PINNED = ".pinned";

  private static final Duration PINNED_FOR = Duration.ofDays(1);

  /**
   * @param environment where the proxies are named
   */
  public RootfsStore(Path store, Map<String, String> environment, Unpacker unpacker) {
    this(store, environment, unpacker, HeldPolicy.NONE);
  }

  /**
   * @param policy says which hosts an archive may come from
   */
  public RootfsStore(
      Path store, Map<String, String> environment, Unpacker unpacker, HeldPolicy policy) {
    this.policy = policy;
    this.store = store;
    this.environment = environment;
    this.unpacker = unpacker;
  }

  /** The rootfs, when it is here and nothing has to be fetched or made for it. */
  public Optional<PreparedRootfs> present(RootfsSpec spec) {
    List<Object> what = what(spec);
    PreparedRootfs memo = known.get(what);
    if (memo != null) {
      return Optional.of(memo);
    }
    Optional<PreparedRootfs> found = look(spec);
    found.ifPresent(rootfs -> known.put(what, rootfs));
    return found;
  }

  /** Fifty services that name one archive look for it once, whichever lines they say it in. */
  private static List<Object> what(RootfsSpec spec) {
    if (spec instanceof RootfsSpec.Host host) {
      return List.of(host.binaries(), host.files(), host.directories());
    }
    if (spec instanceof RootfsSpec.Local local) {
      String sha256 = String.valueOf(local.sha256());
      return List.of(local.path(), local.real(), sha256, local.stripComponents());
    }
    RootfsSpec.Url url = (RootfsSpec.Url) spec;
    String sha256 = String.valueOf(url.sha256());
    return List.of(url.url(), sha256, url.stripComponents(), url.pullPolicy());
  }

  private Optional<PreparedRootfs> look(RootfsSpec spec) {
    if (spec instanceof RootfsSpec.Host host) {
      return complete("jail", HostJail.key(host));
    }
    if (spec instanceof RootfsSpec.Local local) {
      if (Files.isDirectory(local.path().toPath())) {
        return Optional.of(directory(local));
      }
      return indexed(() -> fileKey(local), local.sha256(), local.stripComponents());
    }
    RootfsSpec.Url url = (RootfsSpec.Url) spec;
    if (url.pullPolicy() == PullPolicy.ALWAYS) {
      return Optional.empty();
    }
    return indexed(() -> urlKey(url), url.sha256(), url.stripComponents());
  }

  private Optional<PreparedRootfs> indexed(
      Supplier<String> key, @Nullable Sha256 wanted, int strip) {
    if (wanted != null) {
      return complete("sha256", name(wanted.hex(), strip));
    }
    Optional<Validator> known = readIndex(key.get());
    return known.flatMap(validator -> complete("sha256", name(validator.digest(), strip)));
  }

  private Optional<PreparedRootfs> complete(String kind, String name) {
    Path place = store.resolve(kind).resolve(name);
    return Files.exists(place.resolve("complete"))
        ? Optional.of(new PreparedRootfs(HostPath.of(place.resolve("root")), name))
        : Optional.empty();
  }

  /** A directory of this machine is used where it is; the layer above it goes by its path. */
  private static PreparedRootfs directory(RootfsSpec.Local local) {
    byte[] path = local.path().value().getBytes(StandardCharsets.UTF_8);
    String digest = HexFormat.of().formatHex(sha256().digest(path));
    return new PreparedRootfs(local.real(), "directory-" + digest.substring(0, 32));
  }

  private static String name(String hex, int strip) {
    return strip == 0 ? hex : hex + "-strip" + strip;
  }

  /**
   * The rootfs, fetched, checked and unpacked where it is missing. Two processes that want the same
   * do it once.
   *
   * @throws DiagnosticException at the line of the manifest that asked for it
   */
  public PreparedRootfs prepare(RootfsSpec spec, FetchListener listener) {
    Optional<PreparedRootfs> here = present(spec);
    if (here.isPresent()) {
      return here.get();
    }
    try {
      makeStore();
      PreparedRootfs made = make(spec, listener);
      known.put(what(spec), made);
      return made;
    } catch (ArchiveException e) {
      String message = "cannot unpack " + shown(spec) + ": " + e.getMessage();
      throw failed(spec, "bad-archive", message, FreeSpace.hint(store, e, ""));
    } catch (IOException e) {
      throw failed(
          spec,
          "rootfs-failed",
          "cannot prepare " + shown(spec) + ": " + reason(e),
          FreeSpace.hint(store, e, "check the free space and the owner of " + store));
    }
  }

  /**
   * Nothing is pruned while this is held: between the look at a rootfs and the record of the
   * container that uses it.
   */
  public StoreUse use() {
    try {
      Path locks = store.resolve("locks");
      if (!Files.isDirectory(locks)) {
        makeStore();
      }
      return StoreUse.share(locks.resolve("use"));
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "rootfs-store",
          "cannot use " + store + ": " + reason(e),
          "check the free space and the owner of that directory");
    }
  }

  private static String reason(IOException e) {
    if (e instanceof java.nio.file.NoSuchFileException) {
      return e.getMessage() + " is not there";
    }
    if (e instanceof java.nio.file.AccessDeniedException) {
      return e.getMessage() + ": permission denied";
    }
    return String.valueOf(e.getMessage());
  }

  private PreparedRootfs make(RootfsSpec spec, FetchListener listener) throws IOException {
    if (spec instanceof RootfsSpec.Host host) {
      return jail(host, listener);
    }
    if (spec instanceof RootfsSpec.Local local) {
      return local(local, listener);
    }
    return fetched((RootfsSpec.Url) spec, listener);
  }

  private PreparedRootfs jail(RootfsSpec.Host host, FetchListener listener) throws IOException {
    String key = HostJail.key(host);
    try (RootfsLock lock = lock(key, "the same jail", listener)) {
      Optional<PreparedRootfs> meanwhile = complete("jail", key);
      if (meanwhile.isPresent()) {
        return meanwhile.get();
      }
      listener.unpacking("host jail");
      Path temporary = temporary();
      try {
        Path root = Files.createDirectory(temporary.resolve("root"));
        CrashPoint.at("build the jail");
        HostJail.build(host, root);
        publish(temporary, "jail", key, "jail");
      } finally {
        sweep(temporary);
      }
      return complete("jail", key).orElseThrow();
    }
  }

  private PreparedRootfs local(RootfsSpec.Local local, FetchListener listener) throws IOException {
    Path file = local.path().toPath();
    String key = fileKey(local);
    String digest = readIndex(key).map(Validator::digest).orElseGet(() -> digestOf(local));
    check(local, local.sha256(), digest, local.path().value());
    PreparedRootfs made =
        unpack(
            local,
            file,
            digest,
            policy(local.sha256(), local.stripComponents(), local.limits()),
            listener);
    writeIndex(key, new Validator(digest, "", ""));
    return made;
  }

  private String digestOf(RootfsSpec.Local local) {
    MessageDigest digest = sha256();
    try (InputStream in =
        new DigestInputStream(Files.newInputStream(local.path().toPath()), digest)) {
      in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      throw failed(
          local, "rootfs-unreadable", "cannot read " + local.path() + ": " + reason(e), "");
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private PreparedRootfs fetched(RootfsSpec.Url url, FetchListener listener) throws IOException {
    String key = urlKey(url);
    if (url.pullPolicy() == PullPolicy.NEVER) {
      throw failed(
          url,
          "not-here",
          shown(url) + " is not here and pull_policy is never",
          "set pull_policy: missing, or fetch it on a run without that line");
    }
    try (RootfsLock lock = lock(key, shown(url), listener)) {
      if (url.pullPolicy() != PullPolicy.ALWAYS) {
        Optional<PreparedRootfs> meanwhile = look(url);
        if (meanwhile.isPresent()) {
          return meanwhile.get();
        }
      }
      Optional<PreparedRootfs> pinned = ofPinned(url, listener);
      if (pinned.isPresent()) {
        return pinned.get();
      }
      Path part = store.resolve("tmp").resolve(key + ".part");
      Downloader downloader = new Downloader(environment, DownloadPolicy.DEFAULT, policy, listener);
      Optional<Validator> before = readIndex(key).filter(v -> isHere(v, url));
      Downloader.Result result = downloader.fetch(url, part, before);
      if (result.unchanged()) {
        return complete("sha256", name(before.orElseThrow().digest(), url.stripComponents()))
            .orElseThrow();
      }
      Validator validator = result.validator();
      try {
        check(url, url.sha256(), validator.digest(), shown(url));
        PreparedRootfs made =
            unpack(
                url,
                part,
                validator.digest(),
                policy(url.sha256(), url.stripComponents(), url.limits()),
                listener);
        writeIndex(key, validator);
        return made;
      } finally {
        CrashPoint.at("remove the download");
        Files.deleteIfExists(part);
      }
    }
  }

  /** From the archive that {@link #pin} left, if this is the very one that is wanted. */
  private Optional<PreparedRootfs> ofPinned(RootfsSpec.Url url, FetchListener listener)
      throws IOException {
    Sha256 wanted = url.sha256();
    Path archive = wanted == null ? null : pinned(wanted.hex());
    if (wanted == null || archive == null || url.pullPolicy() == PullPolicy.ALWAYS) {
      return Optional.empty();
    }
    if (!Files.exists(archive)) {
      return Optional.empty();
    }
    try {
      MessageDigest digest = sha256();
      try (InputStream in = new DigestInputStream(Files.newInputStream(archive), digest)) {
        in.transferTo(OutputStream.nullOutputStream());
      }
      if (!HexFormat.of().formatHex(digest.digest()).equals(wanted.hex())) {
        return Optional.empty(); // torn when the power went
      }
      UnpackPolicy policy = policy(wanted, url.stripComponents(), url.limits());
      return Optional.of(unpack(url, archive, wanted.hex(), policy, listener));
    } finally {
      Files.deleteIfExists(archive);
    }
  }

  private Path pinned(String digest) {
    return store.resolve("tmp").resolve(digest + PINNED);
  }

  /**
   * What a url has at this moment: fetched and hashed, and not unpacked. The archive stays for a
   * day, for whoever wants it next.
   *
   * @throws DiagnosticException at the line of the manifest, also when its own sha256 is another
   */
  public LockFile.Entry pin(RootfsSpec.Url url, FetchListener listener) {
    try {
      makeStore();
      String key = urlKey(url);
      try (RootfsLock lock = lock(key, shown(url), listener)) {
        Path part = store.resolve("tmp").resolve(key + ".pin");
        Downloader downloader =
            new Downloader(environment, DownloadPolicy.DEFAULT, policy, listener);
        try {
          String digest = downloader.fetch(url, part, Optional.empty()).validator().digest();
          check(url, url.sha256(), digest, shown(url));
          LockFile.Entry entry =
              new LockFile.Entry(new Sha256(digest), Files.size(part), Origin.NONE);
          if (!"file".equals(url.url().getScheme())) {
            Files.move(part, pinned(digest), StandardCopyOption.ATOMIC_MOVE);
          }
          return entry;
        } finally {
          Files.deleteIfExists(part);
        }
      }
    } catch (IOException e) {
      throw failed(
          url,
          "rootfs-failed",
          "cannot fetch " + shown(url) + ": " + reason(e),
          "check the free space and the owner of " + store);
    }
  }

  private static UnpackPolicy policy(@Nullable Sha256 sha256, int strip, RootfsLimits limits) {
    return UnpackPolicy.DEFAULT.with(strip, sha256 != null, limits);
  }

  private boolean isHere(Validator validator, RootfsSpec.Url url) {
    return complete("sha256", name(validator.digest(), url.stripComponents())).isPresent();
  }

  private static void check(RootfsSpec spec, @Nullable Sha256 wanted, String digest, String what) {
    if (wanted != null && !wanted.hex().equals(digest)) {
      throw failed(
          spec,
          "wrong-sha256",
          "the sha256 of " + what + " is " + digest + ", not " + wanted.hex(),
          "somebody changed the archive, or the manifest names another one; it was not unpacked");
    }
  }

  private PreparedRootfs unpack(
      RootfsSpec spec, Path archive, String digest, UnpackPolicy policy, FetchListener listener)
      throws IOException {
    String name = name(digest, policy.stripComponents());
    try (RootfsLock lock = lock(name, shown(spec), listener)) {
      Optional<PreparedRootfs> meanwhile = complete("sha256", name);
      if (meanwhile.isPresent()) {
        return meanwhile.get();
      }
      listener.unpacking(shown(spec));
      Path temporary = temporary();
      try {
        Path root = Files.createDirectory(temporary.resolve("root"));
        CrashPoint.at("unpack");
        UnpackReport report = unpacker.unpack(archive, root, policy, listener);
        listener.unpacked(report);
        publish(
            temporary, "sha256", name, report.entries() + " entries, " + report.bytes() + " bytes");
      } finally {
        sweep(temporary);
      }
      return complete("sha256", name).orElseThrow();
    }
  }

  /** The marker goes in before the rename: what has its final name is whole. */
  private void publish(Path temporary, String kind, String name, String what) throws IOException {
    CrashPoint.at("mark a rootfs as complete");
    writeDurably(temporary.resolve("complete"), what + "\n");
    Path place = store.resolve(kind).resolve(name);
    if (Files.exists(place)) {
      CrashPoint.at("remove a rootfs without its mark");
      sweep(place);
    }
    CrashPoint.at("publish a rootfs");
    Files.move(temporary, place, StandardCopyOption.ATOMIC_MOVE);
    flush(store.resolve(kind));
  }

  private Path temporary() throws IOException {
    Path directory = store.resolve("tmp");
    CrashPoint.at("mkdir for a rootfs");
    return Files.createTempDirectory(
        directory,
        "unpack-" + ProcessHandle.current().pid() + "-",
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  private void makeStore() throws IOException {
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

  /** Takes away what killed runs left half made; a download waits for whoever goes on with it. */
  public void sweep() throws IOException {
    if (Files.isDirectory(store.resolve("tmp"))) {
      sweepTheDead();
      sweepPinned();
    }
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
          sweep(entry);
        }
      }
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

  private static void sweep(Path tree) {
    if (Files.exists(tree, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
      TreeRemover.remove(tree);
    }
  }

  private RootfsLock lock(String key, String what, FetchListener listener) throws IOException {
    return RootfsLock.take(store.resolve("locks").resolve(key), what, listener);
  }

  private Optional<Validator> readIndex(String key) {
    try {
      return Validator.parse(Files.readString(store.resolve("index").resolve(key)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private void writeIndex(String key, Validator validator) throws IOException {
    Path file = store.resolve("index").resolve(key);
    Path temporary = store.resolve("tmp").resolve("index-" + ProcessHandle.current().pid());
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

  private static String urlKey(RootfsSpec.Url url) {
    return hash("url\n" + url.url());
  }

  /** A file that was changed in place is another file; see inode(7) for ctime. */
  private static String fileKey(RootfsSpec.Local local) {
    try {
      Map<String, Object> is =
          Files.readAttributes(local.path().toPath(), "unix:dev,ino,size,lastModifiedTime,ctime");
      StringBuilder key = new StringBuilder("file");
      for (String name : List.of("dev", "ino", "size")) {
        key.append('-').append(is.get(name));
      }
      for (String name : List.of("lastModifiedTime", "ctime")) {
        FileTime time = (FileTime) Objects.requireNonNull(is.get(name));
        key.append('-').append(time.to(TimeUnit.NANOSECONDS));
      }
      return key.toString();
    } catch (IOException e) {
      throw failed(
          local,
          "rootfs-missing",
          "cannot read " + local.path() + ": " + reason(e),
          "correct the path; it is relative to the manifest");
    }
  }

  private static String hash(String text) {
    return HexFormat.of().formatHex(sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** What is being prepared, without the secrets that a url may hold. */
  static String shown(RootfsSpec spec) {
    if (spec instanceof RootfsSpec.Url url) {
      return Downloader.shown(url.url());
    }
    return spec instanceof RootfsSpec.Local local ? local.path().value() : "the host jail";
  }

  static DiagnosticException failed(RootfsSpec spec, String code, String message, String hint) {
    return new DiagnosticException(
        Failure.OPERATION, Diagnostic.error(spec.origin(), code, message).withHint(hint));
  }
}
