package jstack.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Origin;
import jstack.manifest.LockFile;
import jstack.manifest.Manifest;
import jstack.manifest.RootfsSpec;
import jstack.manifest.Service;
import jstack.manifest.load.LoadRequest;
import jstack.manifest.load.ManifestLoader;
import jstack.rootfs.RootfsStore;
import jstack.state.AtomicFile;

final class LockVerb implements Verb {
  private final ManifestOptions options = new ManifestOptions.WithPolicy();
  private boolean check;
  private boolean upgrade;
  private boolean quiet;
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about(
            "Write jstack.lock beside the manifest: the digest and the size of what each url has"
                + " now.",
            "From then on that is what the urls stand for. Lines that are there are kept without a"
                + " look at the network, also those of other manifests in that folder, until"
                + " --upgrade.")
        .with(options)
        .flag(
            "--check",
            "Only compare, without the network: 1 when a url is not in it.",
            on -> check = on)
        .flag("--upgrade", "Take what the urls have now, and drop other lines.", on -> upgrade = on)
        .flag("-q, --quiet", "No progress.", on -> quiet = on)
        .words("0..1", "MANIFEST", "", list -> words = list);
  }

  @Override
  public int run(Console console) throws IOException {
    List<String> left = options.takeManifest(console, words);
    if (!left.isEmpty()) {
      throw Session.notAManifest(left.get(0));
    }
    if (check && upgrade) {
      throw ExecVerb.usage("--check changes nothing, --upgrade does", "take one of them");
    }
    options.setLocking(LoadRequest.Locking.IGNORED);
    Session session = new Session(console, options, LoadRequest.Purpose.RUN);
    Manifest manifest = session.manifest();
    Path folder = manifest.directory().toPath();
    LockFile before =
        upgrade ? LockFile.NONE : ManifestLoader.readLock(folder, manifest.file(), console.texts());
    List<RootfsSpec.Url> urls = urls(manifest);
    if (check) {
      return check(urls, before);
    }
    Map<String, LockFile.Entry> entries = new TreeMap<>(before.entries());
    RootfsStore store = session.store();
    for (RootfsSpec.Url url : urls) {
      if (wrong(url, before).isPresent()) {
        LockFile.Entry entry = store.pin(url, new FetchLines(console, quiet));
        entries.put(LockFile.key(url.url()), entry);
        console
            .out()
            .println(LockFile.key(url.url()) + " sha256:" + entry.sha256() + " " + entry.size());
      }
    }
    String text = new LockFile(entries, false).toString();
    if (entries.equals(before.entries())) {
      if (!quiet) {
        console.err().println("nothing to do");
      }
    } else {
      write(folder.resolve(LockFile.NAME), text);
    }
    return ExitCode.DONE;
  }

  private static void write(Path file, String text) {
    try {
      AtomicFile.writeForAll(file, text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "lock-file", "cannot write " + file + ": " + e.getMessage(), "check that folder");
    }
  }

  /** Each url once, in the order of the manifest. */
  private static List<RootfsSpec.Url> urls(Manifest manifest) {
    Map<String, RootfsSpec.Url> urls = new LinkedHashMap<>();
    for (Service service : manifest.services().values()) {
      if (service.rootfs() instanceof RootfsSpec.Url url) {
        RootfsSpec.Url other = urls.get(LockFile.key(url.url()));
        if (other == null || other.sha256() == null) {
          urls.put(LockFile.key(url.url()), url);
        }
      }
    }
    return List.copyOf(urls.values());
  }

  private static int check(List<RootfsSpec.Url> urls, LockFile lock) {
    List<Diagnostic> problems = new ArrayList<>();
    urls.forEach(url -> wrong(url, lock).ifPresent(problems::add));
    if (!problems.isEmpty()) {
      throw new DiagnosticException(Failure.OPERATION, problems);
    }
    return ExitCode.DONE;
  }

  /** Why the lock does not do for a url. */
  private static Optional<Diagnostic> wrong(RootfsSpec.Url url, LockFile lock) {
    Origin origin = url.origin();
    String name = LockFile.key(url.url());
    LockFile.Entry entry = lock.entries().get(name);
    if (entry == null) {
      return Optional.of(
          Diagnostic.error(origin, "not-locked", LockFile.NAME + " has no line for " + name)
              .withHint("jstack lock writes it"));
    }
    if (url.sha256() != null && !url.sha256().equals(entry.sha256())) {
      return Optional.of(
          Diagnostic.error(
                  origin,
                  "lock-differs",
                  "sha256 is "
                      + url.sha256()
                      + " here and "
                      + entry.sha256()
                      + " in "
                      + entry.origin().place())
              .withHint("jstack lock takes the manifest's"));
    }
    return Optional.empty();
  }
}
