package jstack.rootfs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import jstack.linux.Errno;
import jstack.linux.Posix;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Unpacks a tarball, compressed or not, below a directory, and never anywhere else: every object is
 * made relative to a descriptor that was opened with the directory as its root, whatever links came
 * before. Owners, modes, times, links and attributes come out as {@code tar --numeric-owner -xp}
 * would make them; device nodes are not made.
 */
public final class TarUnpacker {
  private static final int S_IFIFO = 0010000;
  private static final int DRAIN = 1 << 17;

  /** With which a call fails because of what the archive asked for, and not because of the disk. */
  private static final Set<Integer> OF_THE_ARCHIVE =
      Set.of(
          Errno.ENOENT,
          Errno.EEXIST,
          Errno.ENOTDIR,
          Errno.EISDIR,
          Errno.EINVAL,
          Errno.EBUSY,
          Errno.EXDEV,
          Errno.ENAMETOOLONG,
          Errno.EMLINK,
          Errno.ENOTEMPTY,
          Errno.ELOOP);

  private final UnpackPolicy policy;
  private final DirectoryTree tree;
  private final TarHeaderCheck check;
  private final Meter meter;
  private final FileContent content;
  private long devices;
  private boolean absoluteNames;

  /** Told now and then how far it is. */
  public interface Progress {
    void at(long entries, long bytes);
  }

  private TarUnpacker(TarHeaderCheck check, DirectoryTree tree, UnpackPolicy policy, Meter meter) {
    this.check = check;
    this.tree = tree;
    this.policy = policy;
    this.meter = meter;
    this.content = new FileContent(meter);
  }

  /**
   * Unpacks the whole stream; reads it to its very end, so that trailers are checked and whoever
   * counts or hashes it sees every byte.
   *
   * @param destination an empty directory
   * @throws ArchiveException when the archive is refused; what was made so far stays for the caller
   *     to take away
   */
  public static UnpackReport unpack(
      InputStream archive, Path destination, UnpackPolicy policy, Progress progress)
      throws IOException {
    Meter meter = new Meter(policy, progress);
    try (InputStream plain = new ReadAhead(Decompression.open(meter.packed(archive)));
        DirectoryTree tree = DirectoryTree.open(destination)) {
      TarHeaderCheck check = new TarHeaderCheck(plain, policy);
      try {
        return new TarUnpacker(check, tree, policy, meter).unpack();
      } catch (ArchiveException e) {
        throw e.at(check.place());
      } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
        throw new ArchiveException("the archive cannot be read: " + e, check.place());
      }
    }
  }

  private UnpackReport unpack() throws IOException {
    // Names are taken from the check, as bytes; the parser reads sizes, sparse maps and content.
    TarArchiveInputStream tar =
        new TarArchiveInputStream(check, 20 * 512, 512, StandardCharsets.ISO_8859_1.name(), false);
    for (TarArchiveEntry entry; (entry = next(tar)) != null; ) {
      meter.at(check.entries(), check.offset());
      make(tar, entry, check.current());
    }
    List<String> warnings = new ArrayList<>(end());
    tree.finishDirectories();
    if (absoluteNames) {
      warnings.add("names that begin with / were unpacked below the root");
    }
    if (devices > 0) {
      warnings.add(devices + " device nodes were not made; a container gets its own /dev");
    }
    String dropped = tree.droppedAttributes();
    if (!dropped.isEmpty()) {
      warnings.add("extended attributes that were not restored: " + dropped);
    }
    return new UnpackReport(check.entries(), meter.written(), devices, warnings);
  }

  private static @Nullable TarArchiveEntry next(TarArchiveInputStream tar) throws IOException {
    try {
      return tar.getNextEntry();
    } catch (ArchiveException e) {
      throw e;
    } catch (IOException e) {
      throw e.getCause() instanceof ArchiveException cause
          ? cause
          : new ArchiveException("the archive is damaged: " + e.getMessage());
    }
  }

  /** Everything behind the last entry. */
  private List<String> end() throws IOException {
    byte[] buffer = new byte[DRAIN];
    while (check.read(buffer, 0, buffer.length) >= 0) {
      meter.at(check.entries(), check.offset());
    }
    if (check.isCut() || (!check.hasEnded() && !policy.digestKnown())) {
      throw check.cut();
    }
    if (check.entries() == 0) {
      throw new ArchiveException("the archive holds no entry");
    }
    if (!check.hasEnded()) {
      return List.of("the archive has no closing blocks; its sha256 is as expected");
    }
    return check.isFollowed()
        ? List.of("behind the end of the archive another one begins, which was not unpacked")
        : List.of();
  }

  private void make(TarArchiveInputStream tar, TarArchiveEntry entry, TarHeaderCheck.RawEntry raw)
      throws IOException {
    boolean slash = raw.name().length > 0 && raw.name()[raw.name().length - 1] == '/';
    List<byte[]> path = split(raw.name());
    absoluteNames |= raw.name().length > 0 && raw.name()[0] == '/';
    byte kind = raw.kind();
    if ((kind == '0' || kind == 0) && slash) {
      kind = '5'; // tar of the seventh edition had no other way to say directory
    }
    if (kind == 'V' || path.size() < policy.stripComponents()) {
      return;
    }
    boolean stripped = policy.stripComponents() > 0 && path.size() == policy.stripComponents();
    path = path.subList(policy.stripComponents(), path.size());
    Metadata metadata = Metadata.of(entry);
    if (path.isEmpty()) {
      if (kind == '5') {
        tree.root(metadata);
      } else if (!stripped) {
        throw refuse(raw, "the root may only be a directory");
      }
      return;
    }
    try {
      switch (kind) {
        case '5' -> tree.directory(path, metadata, raw.attributes());
        case '2' -> tree.symlink(path, link(raw), metadata);
        case '1' -> tree.hardLink(path, target(raw));
        case '6' -> tree.node(path, S_IFIFO, metadata);
        case '3', '4' -> devices++;
        default -> file(tar, entry, raw, path, metadata);
      }
    } catch (Posix.PosixException e) {
      String what = printable(raw.name()) + ": " + e.getMessage();
      throw OF_THE_ARCHIVE.contains(e.errno())
          ? new ArchiveException(what)
          : new IOException(what, e);
    }
  }

  private void file(
      TarArchiveInputStream tar,
      TarArchiveEntry entry,
      TarHeaderCheck.RawEntry raw,
      List<byte[]> path,
      Metadata metadata)
      throws IOException {
    long size = entry.isSparse() ? entry.getRealSize() : entry.getSize();
    if (size > policy.maxFile()) {
      throw refuse(raw, "a file of " + size + " bytes; at most " + policy.maxFile() + " are taken");
    }
    if (size > policy.maxBytes() - meter.written()) {
      throw refuse(raw, "more than " + policy.maxBytes() + " bytes when unpacked");
    }
    int fd = tree.create(path, metadata);
    try {
      long written = entry.isSparse() ? content.copySparse(tar, fd) : content.copy(tar, fd);
      if (written != size) {
        throw refuse(raw, "its content ends too early");
      }
      meter.at(check.entries(), check.offset());
      tree.finish(fd, metadata, raw.attributes());
    } finally {
      Posix.libc().close(fd);
    }
  }

  /** The components of a name; a leading slash, doubled ones and dots mean nothing. */
  private List<byte[]> split(byte[] name) throws ArchiveException {
    List<byte[]> parts = new ArrayList<>();
    int from = 0;
    for (int i = 0; i <= name.length; i++) {
      if (i < name.length && name[i] != '/') {
        continue;
      }
      byte[] part = Arrays.copyOfRange(name, from, i);
      from = i + 1;
      if (part.length == 0 || (part.length == 1 && part[0] == '.')) {
        continue;
      }
      if (part.length == 2 && part[0] == '.' && part[1] == '.') {
        throw new ArchiveException("a name that climbs with ..: " + printable(name));
      }
      if (part.length > policy.maxComponent()) {
        throw new ArchiveException("a name of " + part.length + " bytes between two slashes");
      }
      parts.add(part);
    }
    if (parts.size() > policy.maxDepth()) {
      throw new ArchiveException("deeper than " + policy.maxDepth() + " directories");
    }
    return parts;
  }

  private static byte[] link(TarHeaderCheck.RawEntry raw) throws ArchiveException {
    if (raw.link().length == 0) {
      throw refuse(raw, "a symbolic link to nothing");
    }
    return raw.link();
  }

  private List<byte[]> target(TarHeaderCheck.RawEntry raw) throws ArchiveException {
    List<byte[]> path = split(raw.link());
    if (path.size() <= policy.stripComponents()) {
      throw refuse(raw, "a hard link to nothing");
    }
    return path.subList(policy.stripComponents(), path.size());
  }

  private static ArchiveException refuse(TarHeaderCheck.RawEntry raw, String why) {
    return new ArchiveException(printable(raw.name()) + ": " + why);
  }

  static String printable(byte[] name) {
    String text = new String(name, StandardCharsets.UTF_8);
    return jstack.diag.DiagnosticPrinter.visible(
        text.length() > 200 ? text.substring(0, 200) + "..." : text);
  }
}
