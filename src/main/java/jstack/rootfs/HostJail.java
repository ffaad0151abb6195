package jstack.rootfs;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Inputs;
import jstack.manifest.HostPath;
import jstack.manifest.RootfsSpec;

/**
 * A root made from this machine's own programs: each at its own path, with the loader and the
 * libraries that it needs, and the links that lead to them. Besides that a jail holds /etc/passwd
 * and /etc/group that know root, and an empty /tmp.
 */
public final class HostJail {
  private static final int MOST_LINKS = 40;

  /** See ldconfig(8), which writes it anew. */
  private static final Path CACHE = Path.of("/etc/ld.so.cache");

  private final RootfsSpec.Host spec;
  private final TreeSet<Path> entries = new TreeSet<>();

  private HostJail(RootfsSpec.Host spec) {
    this.spec = spec;
  }

  /**
   * Names a jail by what it is made of: paths, sizes, times and inodes of all its files. Cheap
   * enough for every start; a library that the system updates makes another jail.
   */
  public static String key(RootfsSpec.Host spec) {
    return key(spec, new Inputs());
  }

  /**
   * The same.
   *
   * @param inputs is told of all files that were looked at
   */
  static String key(RootfsSpec.Host spec, Inputs inputs) {
    HostJail jail = collect(spec, inputs);
    if (!spec.directories().isEmpty()) {
      inputs.cannotAskAgain(); // of what is new in them nobody would know
    }
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update("jail 1\n".getBytes(StandardCharsets.UTF_8));
      for (Path entry : jail.entries) {
        note(entry, inputs);
        BasicFileAttributes attributes =
            Files.readAttributes(entry, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        String line =
            entry
                + "\t"
                + attributes.size()
                + "\t"
                + attributes.lastModifiedTime().toMillis()
                + "\t"
                + attributes.fileKey()
                + "\n";
        digest.update(line.getBytes(StandardCharsets.UTF_8));
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    } catch (IOException e) {
      throw jail.unreadable(e);
    }
  }

  private static void note(Path entry, Inputs inputs) {
    HostPath path = HostPath.of(entry);
    inputs.note(Inputs.Kind.REAL, path.value(), path.real().value());
    inputs.note(Inputs.Kind.FILE, path.value(), RootfsStore.identity(entry));
  }

  /**
   * Fills an empty directory.
   *
   * @throws DiagnosticException when a file is not there, at the manifest's line
   */
  public static void build(RootfsSpec.Host spec, Path destination) {
    HostJail jail = collect(spec, new Inputs());
    try {
      for (Path entry : jail.entries) {
        copy(entry, destination);
      }
      write(destination, "etc/passwd", "root:x:0:0:root:/:/bin/sh\n");
      write(destination, "etc/group", "root:x:0:\n");
      Path tmp = destination.resolve("tmp");
      Files.createDirectories(tmp);
      Files.setAttribute(tmp, "unix:mode", 01777);
      Files.setPosixFilePermissions(destination, PosixFilePermissions.fromString("rwxr-xr-x"));
      for (Path entry : jail.entries) {
        flush(destination.resolve(entry.toString().substring(1)));
      }
    } catch (IOException e) {
      throw jail.unreadable(e);
    }
  }

  private static HostJail collect(RootfsSpec.Host spec, Inputs inputs) {
    HostJail jail = new HostJail(spec);
    List<Diagnostic> problems = new ArrayList<>();
    inputs.note(Inputs.Kind.FILE, CACHE.toString(), RootfsStore.identity(CACHE));
    ElfClosure closure = new ElfClosure(LoaderCache.read(CACHE), inputs);
    try {
      for (HostPath binary : spec.binaries()) {
        if (jail.isThere(binary, problems)) {
          closure.add(binary.toPath());
        }
      }
      for (String library : closure.missing()) {
        problems.add(
            Diagnostic.error(spec.origin(), "library-missing", "this machine has no " + library)
                .withHint("install the package that holds it"));
      }
      for (Path file : closure.files()) {
        jail.addWithLinks(file, 0);
      }
      for (HostPath file : spec.files()) {
        if (jail.isThere(file, problems)) {
          jail.addWithLinks(file.toPath(), 0);
        }
      }
      for (HostPath directory : spec.directories()) {
        if (jail.isThere(directory, problems)) {
          jail.addTree(directory.toPath());
        }
      }
    } catch (IOException e) {
      throw jail.unreadable(e);
    }
    if (!problems.isEmpty()) {
      throw new DiagnosticException(Failure.OPERATION, problems);
    }
    return jail;
  }

  private boolean isThere(HostPath path, List<Diagnostic> problems) {
    if (Files.exists(path.toPath())) {
      return true;
    }
    problems.add(
        Diagnostic.error(spec.origin(), "file-missing", path + " is not on this machine")
            .withHint("install the package that holds it, or correct the path"));
    return false;
  }

  /**
   * A file and every link on the way to it, so that each of its names works in the jail as here.
   */
  private void addWithLinks(Path path, int depth) throws IOException {
    if (depth > MOST_LINKS) {
      throw new IOException("too many symbolic links: " + path);
    }
    Path at = Path.of("/");
    for (Path part : path.normalize()) {
      at = at.resolve(part);
      if (Files.isSymbolicLink(at)) {
        entries.add(at);
        Path target = parent(at).resolve(Files.readSymbolicLink(at)).normalize();
        Path rest = at.relativize(path.normalize());
        addWithLinks(rest.toString().isEmpty() ? target : target.resolve(rest), depth + 1);
        return;
      }
    }
    entries.add(at);
  }

  private void addTree(Path directory) throws IOException {
    addWithLinks(directory, 0);
    try (DirectoryStream<Path> children = Files.newDirectoryStream(directory)) {
      for (Path child : children) {
        if (Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS)) {
          addTree(child);
        } else {
          entries.add(child);
        }
      }
    }
  }

  private static Path parent(Path path) {
    Path parent = path.getParent();
    return parent == null ? Path.of("/") : parent;
  }

  private static void copy(Path entry, Path destination) throws IOException {
    Path to = destination.resolve(entry.toString().substring(1));
    Path holder = to.getParent();
    if (holder != null) {
      makeDirectories(holder, destination);
    }
    if (Files.isSymbolicLink(entry)) {
      Files.createSymbolicLink(to, Files.readSymbolicLink(entry));
    } else if (Files.isDirectory(entry)) {
      makeDirectories(to, destination);
      Files.setAttribute(to, "unix:mode", (int) Files.getAttribute(entry, "unix:mode") & 07777);
    } else if (Files.isRegularFile(entry)) {
      Files.copy(entry, to, StandardCopyOption.COPY_ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
    }
  }

  /** Else a mark of completeness could outlive a power cut, and what it speaks of not. */
  private static void flush(Path file) throws IOException {
    if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  private static void makeDirectories(Path directory, Path destination) throws IOException {
    if (Files.exists(directory) || directory.equals(destination)) {
      return;
    }
    Path holder = directory.getParent();
    if (holder != null) {
      makeDirectories(holder, destination);
    }
    Files.createDirectory(directory);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static void write(Path destination, String name, String text) throws IOException {
    Path file = destination.resolve(name);
    if (Files.exists(file)) {
      return;
    }
    Path holder = file.getParent();
    if (holder != null) {
      makeDirectories(holder, destination);
    }
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
  }

  private DiagnosticException unreadable(IOException e) {
    return new DiagnosticException(
        Failure.OPERATION,
        Diagnostic.error(spec.origin(), "jail-failed", "cannot make the jail: " + e.getMessage()));
  }

  /** What a jail is made of, for those who want to see it. */
  static Set<Path> entriesOf(RootfsSpec.Host spec) {
    return collect(spec, new Inputs()).entries;
  }
}
