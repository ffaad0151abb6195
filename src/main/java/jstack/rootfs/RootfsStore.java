package jstack.rootfs;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Inputs;
import jstack.diag.Origin;
import jstack.linux.CrashPoint;
import jstack.linux.FreeSpace;
import jstack.linux.JudgedFile;
import jstack.manifest.LockFile;
import jstack.manifest.PullPolicy;
import jstack.manifest.RootfsLimits;
import jstack.manifest.RootfsSpec;
import jstack.manifest.Sha256;
import jstack.manifest.policy.HeldPolicy;
import org.jspecify.annotations.Nullable;

/**
 * The unpacked archives of this machine, each named by the digest of its bytes, and never changed.
 *
 * <p>How they lie there is {@link StoreFolders}.
 */
public final class RootfsStore {
  private final Path store;
  private final StoreFolders folders;
  private final Map<String, String> environment;
  private final Unpacker unpacker;
  private final HeldPolicy policy;
  private final Inputs inputs;
  private final Map<List<Object>, PreparedRootfs> known = new HashMap<>();

  /**
   * @param environment where the proxies are named
   */
  public RootfsStore(Path store, Map<String, String> environment, Unpacker unpacker) {
    this(store, environment, unpacker, HeldPolicy.NONE, new Inputs());
  }

  /**
   * @param policy says which hosts an archive may come from
   * @param inputs is told of what was looked for
   */
  public RootfsStore(
      Path store,
      Map<String, String> environment,
      Unpacker unpacker,
      HeldPolicy policy,
      Inputs inputs) {
    this.policy = policy;
    this.store = store;
    this.inputs = inputs;
    this.folders = new StoreFolders(store, inputs);
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
      return folders.complete("jail", HostJail.key(host, inputs));
    }
    if (spec instanceof RootfsSpec.Local local) {
      boolean is = Files.isDirectory(local.real().toPath(), LinkOption.NOFOLLOW_LINKS);
      inputs.note(Inputs.Kind.DIRECTORY, local.real().value(), is);
      if (is) {
        return Optional.of(directory(local));
      }
      return indexed(() -> key(local), local.sha256(), local.stripComponents());
    }
    RootfsSpec.Url url = (RootfsSpec.Url) spec;
    if (url.pullPolicy() == PullPolicy.ALWAYS) {
      inputs.cannotAskAgain();
      return Optional.empty();
    }
    return indexed(() -> StoreKeys.of(url), url.sha256(), url.stripComponents());
  }

  private String key(RootfsSpec.Local local) {
    String key = StoreKeys.of(local);
    inputs.note(Inputs.Kind.FILE, local.real().value(), key);
    return key;
  }

  /** Which file it is that a rootfs comes from, or which link; empty when there is none. */
  public static String identity(Path file) {
    try {
      return StoreKeys.of(file, LinkOption.NOFOLLOW_LINKS);
    } catch (IOException e) {
      return "";
    }
  }

  private Optional<PreparedRootfs> indexed(
      Supplier<String> key, @Nullable Sha256 wanted, int strip) {
    if (wanted != null) {
      return folders.complete("sha256", name(wanted.hex(), strip));
    }
    Optional<Validator> known = folders.index(key.get());
    return known.flatMap(v -> folders.complete("sha256", name(v.digest(), strip)));
  }

  /** A directory of this machine is used where it is; the layer above it goes by its path. */
  private static PreparedRootfs directory(RootfsSpec.Local local) {
    byte[] path = local.path().value().getBytes(StandardCharsets.UTF_8);
    String digest = HexFormat.of().formatHex(StoreKeys.sha256().digest(path));
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
    inputs.cannotAskAgain(); // where it was looked for in vain nobody has noted
    try {
      folders.make();
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
          "cannot prepare " + shown(spec) + ": " + StoreFolders.reason(e),
          FreeSpace.hint(store, e, "check the free space and the owner of " + store));
    }
  }

  /**
   * Nothing is pruned while this is held: between the look at a rootfs and the record of the
   * container that uses it.
   */
  public StoreUse use() {
    return folders.use();
  }

  /** Takes away what killed runs left half made; a download waits for whoever goes on with it. */
  public void sweep() throws IOException {
    folders.sweep();
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
    try (RootfsLock lock = folders.lock(key, "the same jail", listener)) {
      Optional<PreparedRootfs> meanwhile = folders.complete("jail", key);
      if (meanwhile.isPresent()) {
        return meanwhile.get();
      }
      listener.unpacking("host jail");
      Path temporary = folders.temporary();
      try {
        Path root = Files.createDirectory(temporary.resolve("root"));
        CrashPoint.at("build the jail");
        HostJail.build(host, root);
        folders.publish(temporary, "jail", key, "jail");
      } finally {
        StoreFolders.sweepTree(temporary);
      }
      return folders.complete("jail", key).orElseThrow();
    }
  }

  /**
   * From a copy of the store's own: what is hashed and what is unpacked are the same bytes,
   * whatever becomes of the file meanwhile. Otherwise somebody could have one tree under the name
   * of another.
   */
  private PreparedRootfs local(RootfsSpec.Local local, FetchListener listener) throws IOException {
    String key = StoreKeys.of(local);
    Path temporary = folders.temporary();
    try {
      Path copy = temporary.resolve("archive");
      String digest;
      Object inode;
      CrashPoint.at("copy an archive");
      try (JudgedFile file = JudgedFile.open(local.real().toPath())) {
        inode = file.inode();
        digest = copied(file, copy);
      }
      check(local, local.sha256(), digest, local.path().value());
      UnpackPolicy policy = policy(local.sha256(), local.stripComponents(), local.limits());
      PreparedRootfs made = unpack(local, copy, digest, policy, listener);
      if (key.equals(StoreKeys.of(local)) && inode.equals(StoreKeys.inode(local))) {
        folders.index(key, new Validator(digest, "", ""));
      }
      return made;
    } finally {
      StoreFolders.sweepTree(temporary);
    }
  }

  private static String copied(JudgedFile file, Path copy) throws IOException {
    MessageDigest digest = StoreKeys.sha256();
    try (InputStream in = new DigestInputStream(file.stream(), digest);
        OutputStream out = Files.newOutputStream(copy, StandardOpenOption.CREATE_NEW)) {
      in.transferTo(out);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private PreparedRootfs fetched(RootfsSpec.Url url, FetchListener listener) throws IOException {
    String key = StoreKeys.of(url);
    if (url.pullPolicy() == PullPolicy.NEVER) {
      throw failed(
          url,
          "not-here",
          shown(url) + " is not here and pull_policy is never",
          "set pull_policy: missing, or fetch it on a run without that line");
    }
    try (RootfsLock lock = folders.lock(key, shown(url), listener)) {
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
      Path part = folders.unfinished(key + ".part");
      Downloader downloader = new Downloader(environment, DownloadPolicy.DEFAULT, policy, listener);
      Optional<Validator> before = folders.index(key).filter(v -> isHere(v, url));
      Downloader.Result result = downloader.fetch(url, part, before);
      if (result.unchanged()) {
        return folders
            .complete("sha256", name(before.orElseThrow().digest(), url.stripComponents()))
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
        folders.index(key, validator);
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
    Path archive = wanted == null ? null : folders.pinned(wanted.hex());
    if (wanted == null || archive == null || url.pullPolicy() == PullPolicy.ALWAYS) {
      return Optional.empty();
    }
    if (!Files.exists(archive)) {
      return Optional.empty();
    }
    try {
      MessageDigest digest = StoreKeys.sha256();
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

  /**
   * What a url has at this moment: fetched and hashed, and not unpacked. The archive stays for a
   * day, for whoever wants it next.
   *
   * @throws DiagnosticException at the line of the manifest, also when its own sha256 is another
   */
  public LockFile.Entry pin(RootfsSpec.Url url, FetchListener listener) {
    try {
      folders.make();
      String key = StoreKeys.of(url);
      try (RootfsLock lock = folders.lock(key, shown(url), listener)) {
        Path part = folders.unfinished(key + ".pin");
        Downloader downloader =
            new Downloader(environment, DownloadPolicy.DEFAULT, policy, listener);
        try {
          String digest = downloader.fetch(url, part, Optional.empty()).validator().digest();
          check(url, url.sha256(), digest, shown(url));
          LockFile.Entry entry =
              new LockFile.Entry(new Sha256(digest), Files.size(part), Origin.NONE);
          if (!"file".equals(url.url().getScheme())) {
            Files.move(part, folders.pinned(digest), StandardCopyOption.ATOMIC_MOVE);
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
          "cannot fetch " + shown(url) + ": " + StoreFolders.reason(e),
          "check the free space and the owner of " + store);
    }
  }

  private static UnpackPolicy policy(@Nullable Sha256 sha256, int strip, RootfsLimits limits) {
    return UnpackPolicy.DEFAULT.with(strip, sha256 != null, limits);
  }

  private boolean isHere(Validator validator, RootfsSpec.Url url) {
    return folders.complete("sha256", name(validator.digest(), url.stripComponents())).isPresent();
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
    try (RootfsLock lock = folders.lock(name, shown(spec), listener)) {
      Optional<PreparedRootfs> meanwhile = folders.complete("sha256", name);
      if (meanwhile.isPresent()) {
        return meanwhile.get();
      }
      listener.unpacking(shown(spec));
      Path temporary = folders.temporary();
      try {
        Path root = Files.createDirectory(temporary.resolve("root"));
        CrashPoint.at("unpack");
        UnpackReport report = unpacker.unpack(archive, root, policy, listener);
        listener.unpacked(report);
        folders.publish(
            temporary, "sha256", name, report.entries() + " entries, " + report.bytes() + " bytes");
      } finally {
        StoreFolders.sweepTree(temporary);
      }
      return folders.complete("sha256", name).orElseThrow();
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
