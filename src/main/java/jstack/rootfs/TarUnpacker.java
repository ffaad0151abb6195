package jstack.rootfs;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
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
  private static final int BUFFER = 1 << 17;
  private static final int S_IFIFO = 0010000;

  private final UnpackPolicy policy;
  private final DirectoryTree tree;
  private final Counting raw;
  private final byte[] buffer = new byte[BUFFER];
  private final ByteBuffer direct = ByteBuffer.allocateDirect(BUFFER);
  private long entries;
  private long bytes;
  private long devices;
  private boolean absoluteNames;

  private TarUnpacker(Counting raw, DirectoryTree tree, UnpackPolicy policy) {
    this.raw = raw;
    this.tree = tree;
    this.policy = policy;
  }

  /**
   * Unpacks the whole stream; reads it to its very end, so that trailers are checked and whoever
   * counts or hashes it sees every byte.
   *
   * @param destination an empty directory
   * @throws ArchiveException when the archive is refused; what was made so far stays for the caller
   *     to take away
   */
  public static UnpackReport unpack(InputStream archive, Path destination, UnpackPolicy policy)
      throws IOException {
    Counting raw = new Counting(archive);
    try (InputStream plain = new ReadAhead(Decompression.open(raw));
        DirectoryTree tree = DirectoryTree.open(destination)) {
      TarUnpacker unpacker = new TarUnpacker(raw, tree, policy);
      return unpacker.unpack(plain);
    } catch (ArchiveException e) {
      throw e;
    } catch (Posix.PosixException e) {
      throw e;
    } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
      throw new ArchiveException("the archive cannot be read: " + e);
    }
  }

  private UnpackReport unpack(InputStream plain) throws IOException {
    TarHeaderCheck check = new TarHeaderCheck(plain, policy);
    // Names are taken from the check, as bytes; the parser reads sizes, sparse maps and content.
    TarArchiveInputStream tar =
        new TarArchiveInputStream(check, 20 * 512, 512, StandardCharsets.ISO_8859_1.name(), false);
    for (TarArchiveEntry entry; (entry = next(tar)) != null; ) {
      entries++;
      if (entries > policy.maxEntries()) {
        throw new ArchiveException("more than " + policy.maxEntries() + " entries");
      }
      make(tar, entry, check.current());
    }
    if (check.entries() == 0) {
      throw new ArchiveException("the archive holds no entry");
    }
    if (!check.hasEnded()) {
      throw new ArchiveException("the archive ends too early: its closing blocks are missing");
    }
    while (plain.read(buffer) >= 0) {
      checkRatio();
    }
    tree.finishDirectories();
    List<String> warnings = new ArrayList<>();
    if (absoluteNames) {
      warnings.add("names that begin with / were unpacked below the root");
    }
    if (devices > 0) {
      warnings.add(devices + " device nodes were not made; a container gets its own /dev");
    }
    return new UnpackReport(entries, bytes, devices, warnings);
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

  private void make(TarArchiveInputStream tar, TarArchiveEntry entry, TarHeaderCheck.RawEntry raws)
      throws IOException {
    boolean slash = raws.name().length > 0 && raws.name()[raws.name().length - 1] == '/';
    List<byte[]> path = split(raws.name());
    byte kind = raws.kind();
    if ((kind == '0' || kind == 0) && slash) {
      kind = '5'; // tar of the seventh edition had no other way to say directory
    }
    if (kind == 'V') {
      return;
    }
    if (path.size() < policy.stripComponents()) {
      return;
    }
    boolean stripped = policy.stripComponents() > 0 && path.size() == policy.stripComponents();
    path = path.subList(policy.stripComponents(), path.size());
    Metadata metadata = Metadata.of(entry);
    if (path.isEmpty()) {
      if (stripped && kind != '5') {
        return;
      }
      if (kind != '5') {
        throw refuse(entry, "the root may only be a directory");
      }
      tree.root(metadata);
      return;
    }
    try {
      switch (kind) {
        case '5' -> tree.directory(path, metadata, raws.attributes());
        case '2' -> tree.symlink(path, link(entry, raws.link()), metadata);
        case '1' -> tree.hardLink(path, target(entry, raws.link()));
        case '6' -> tree.node(path, S_IFIFO, metadata);
        case '3', '4' -> devices++;
        default -> file(tar, entry, path, metadata, raws.attributes());
      }
    } catch (Posix.PosixException e) {
      throw new ArchiveException(name(entry) + ": " + e.getMessage() + " (entry " + entries + ")");
    }
  }

  private void file(
      TarArchiveInputStream tar,
      TarArchiveEntry entry,
      List<byte[]> path,
      Metadata metadata,
      Map<String, byte[]> attributes)
      throws IOException {
    long size = entry.isSparse() ? entry.getRealSize() : entry.getSize();
    if (size > policy.maxFile()) {
      throw refuse(entry, "larger than " + policy.maxFile() + " bytes");
    }
    int fd = tree.create(path, metadata);
    try {
      long written = entry.isSparse() ? copySparse(tar, fd) : copy(tar, fd);
      if (written != size) {
        throw refuse(entry, "its content ends too early");
      }
      tree.finish(fd, metadata, attributes);
    } finally {
      Posix.libc().close(fd);
    }
  }

  private long copy(InputStream from, int fd) throws IOException {
    long written = 0;
    while (true) {
      int count = read(from);
      if (count < 0) {
        return written;
      }
      write(fd, 0, count);
      written += count;
    }
  }

  /** Holes are left holes: a block of zeros is passed over, never written. */
  private long copySparse(InputStream from, int fd) throws IOException {
    long written = 0;
    while (true) {
      int count = from.readNBytes(buffer, 0, 4096);
      if (count == 0) {
        Posix.check(Posix.libc().ftruncate(fd, written), "ftruncate");
        return written;
      }
      charge(count);
      if (isZero(buffer, count)) {
        if (Posix.libc().lseek(fd, count, 1) < 0) {
          throw new ArchiveException("lseek failed");
        }
      } else {
        write(fd, 0, count);
      }
      written += count;
    }
  }

  private int read(InputStream from) throws IOException {
    int count;
    try {
      count = from.read(buffer, 0, buffer.length);
    } catch (ArchiveException e) {
      throw e;
    } catch (IOException e) {
      throw new ArchiveException("the archive ends too early: " + e.getMessage());
    }
    charge(Math.max(0, count));
    return count;
  }

  private void charge(int count) throws ArchiveException {
    bytes += count;
    if (bytes > policy.maxBytes()) {
      throw new ArchiveException("more than " + policy.maxBytes() + " bytes when unpacked");
    }
    checkRatio();
  }

  private void checkRatio() throws ArchiveException {
    if (bytes > policy.ratioFrom() && bytes / policy.ratio() > raw.count) {
      throw new ArchiveException(
          "it grows more than " + policy.ratio() + " times when unpacked: a decompression bomb?");
    }
  }

  private void write(int fd, int from, int count) throws IOException {
    direct.clear();
    direct.put(buffer, from, count);
    direct.flip();
    while (direct.hasRemaining()) {
      long written = Posix.libc().write(fd, direct.slice(), direct.remaining());
      if (written < 0) {
        Posix.check(-1, "write");
      }
      direct.position(direct.position() + (int) written);
    }
  }

  /** The components of a name; a leading slash, doubled ones and dots mean nothing. */
  private List<byte[]> split(byte[] name) throws ArchiveException {
    List<byte[]> parts = new ArrayList<>();
    if (name.length > 0 && name[0] == '/') {
      absoluteNames = true;
    }
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
        throw new ArchiveException(
            "a name that climbs with ..: " + printable(name) + " (entry " + entries + ")");
      }
      if (part.length > policy.maxComponent()) {
        throw new ArchiveException(
            "a name of " + part.length + " bytes between two slashes (entry " + entries + ")");
      }
      parts.add(part);
    }
    if (parts.size() > policy.maxDepth()) {
      throw new ArchiveException("deeper than " + policy.maxDepth() + " directories");
    }
    return parts;
  }

  private byte[] link(TarArchiveEntry entry, byte[] text) throws ArchiveException {
    if (text.length == 0) {
      throw refuse(entry, "a symbolic link to nothing");
    }
    return text;
  }

  private List<byte[]> target(TarArchiveEntry entry, byte[] text) throws ArchiveException {
    List<byte[]> path = split(text);
    if (path.size() <= policy.stripComponents()) {
      throw refuse(entry, "a hard link to nothing");
    }
    return path.subList(policy.stripComponents(), path.size());
  }

  private ArchiveException refuse(TarArchiveEntry entry, String why) {
    return new ArchiveException(name(entry) + ": " + why + " (entry " + entries + ")");
  }

  private static String name(TarArchiveEntry entry) {
    return printable(entry.getName().getBytes(StandardCharsets.ISO_8859_1));
  }

  static String printable(byte[] name) {
    String text = new String(name, StandardCharsets.UTF_8);
    return jstack.diag.DiagnosticPrinter.visible(
        text.length() > 200 ? text.substring(0, 200) + "..." : text);
  }

  private static boolean isZero(byte[] bytes, int count) {
    for (int i = 0; i < count; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return true;
  }

  /** How many compressed bytes were read: what a bomb is measured by. */
  private static final class Counting extends FilterInputStream {
    volatile long count;

    Counting(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int value = super.read();
      add(value < 0 ? 0 : 1);
      return value;
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
      int read = super.read(bytes, from, length);
      add(Math.max(0, read));
      return read;
    }

    private void add(int more) {
      long now = count;
      count = now + more;
    }
  }
}
