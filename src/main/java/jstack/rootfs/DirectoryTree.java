package jstack.rootfs;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import jstack.diag.DiagnosticPrinter;
import jstack.linux.Errno;
import jstack.linux.Posix;
import org.jspecify.annotations.Nullable;

/**
 * A tree that is being filled. Parents are opened with the tree as their root (openat2, see
 * RESOLVE_IN_ROOT), or through no link at all; the last component is made by name and never
 * followed: nothing can come to lie outside, whatever links the tree holds.
 */
final class DirectoryTree implements AutoCloseable {
  private static final int MOST_DROPPED = 10;
  private static final int OPEN_DIRECTORY = Posix.O_PATH | Posix.O_DIRECTORY;

  private final Posix.LibC libc = Posix.libc();
  private final int root;
  private final boolean withLinks;

  /** By their paths: of one that comes twice the last entry holds, as it does of a file. */
  private final Map<ByteBuffer, Pending> directories = new LinkedHashMap<>();

  private @Nullable Metadata rootMetadata;
  private final Set<String> dropped = new TreeSet<>();
  private byte[] parentPath = {};
  private int parentFd = -1;

  /** A directory whose mode and time are set when nothing is made in it any more. */
  private record Pending(byte[] path, Metadata metadata, Map<String, byte[]> attributes) {}

  private DirectoryTree(int root, boolean withLinks) {
    this.root = root;
    this.withLinks = withLinks;
  }

  /** To be filled from an archive, whose names may lead through links of its own. */
  static DirectoryTree open(Path directory) throws IOException {
    return open(directory, true);
  }

  /**
   * To be added to: what is in it already is not the sender's, and no link of it is a way anywhere.
   */
  static DirectoryTree openWithoutLinks(Path directory) throws IOException {
    return open(directory, false);
  }

  private static DirectoryTree open(Path directory, boolean withLinks) throws IOException {
    byte[] path = zero(directory.toAbsolutePath().toString().getBytes(StandardCharsets.UTF_8));
    int flags = Posix.O_RDONLY | Posix.O_DIRECTORY | Posix.O_CLOEXEC;
    int fd = Posix.check(Posix.libc().openat(Posix.AT_FDCWD, path, flags, 0), "open " + directory);
    return new DirectoryTree(fd, withLinks);
  }

  void root(Metadata metadata) {
    rootMetadata = metadata;
  }

  void directory(List<byte[]> path, Metadata metadata, Map<String, byte[]> attributes)
      throws IOException {
    makeDirectory(path);
    byte[] whole = join(path, path.size());
    directories.put(ByteBuffer.wrap(whole), new Pending(whole, metadata, attributes));
  }

  /** One that is finished by {@link #finishDirectory}, when nothing more comes into it. */
  void makeDirectory(List<byte[]> path) throws IOException {
    int parent = parent(path);
    byte[] name = last(path);
    if (libc.mkdirat(parent, name, 0700) < 0) {
      int error = Posix.lastError();
      if (error != Errno.EEXIST) {
        Posix.check(-1, "mkdir");
      }
      if (!isDirectory(parent, name)) {
        replace(parent, name);
        parent = parent(path);
        Posix.check(libc.mkdirat(parent, name, 0700), "mkdir");
      }
    }
  }

  void finishDirectory(List<byte[]> path, Metadata metadata) throws IOException {
    finish(new Pending(join(path, path.size()), metadata, Map.of()));
  }

  /** Device and inode of a directory in it. */
  FileIdentity identity(List<byte[]> path) throws IOException {
    int fd = find(join(path, path.size()), OPEN_DIRECTORY | Posix.O_NOFOLLOW);
    Posix.check(fd, "open " + print(path));
    try {
      return FileIdentity.of(fd);
    } finally {
      libc.close(fd);
    }
  }

  private int find(byte[] path, int flags) {
    return withLinks
        ? Posix.openInRoot(root, zero(path), flags)
        : Posix.openWithoutLinks(root, zero(path), flags);
  }

  private boolean isDirectory(int parent, byte[] name) {
    int fd = libc.openat(parent, name, OPEN_DIRECTORY | Posix.O_NOFOLLOW | Posix.O_CLOEXEC, 0);
    if (fd >= 0) {
      libc.close(fd);
    }
    return fd >= 0;
  }

  /** A new file, open for writing; one of the same name makes way and is never opened. */
  int create(List<byte[]> path, Metadata metadata) throws IOException {
    int flags = Posix.O_WRONLY | Posix.O_CREAT | Posix.O_EXCL | Posix.O_NOFOLLOW | Posix.O_CLOEXEC;
    int parent = parent(path);
    byte[] name = last(path);
    int mode = metadata.mode() & 0755;
    int fd = libc.openat(parent, name, flags, mode);
    if (fd < 0 && Posix.lastError() == Errno.EEXIST) {
      replace(parent, name);
      fd = libc.openat(parent(path), name, flags, mode);
    }
    return Posix.check(fd, "open");
  }

  /** Owner before mode: a change of owner takes the setuid bit away; see chown(2). */
  void finish(int fd, Metadata metadata, Map<String, byte[]> attributes) throws IOException {
    if (metadata.uid() != 0 || metadata.gid() != 0) {
      Posix.check(libc.fchown(fd, metadata.uid(), metadata.gid()), "chown");
    }
    Posix.check(libc.fchmod(fd, metadata.mode()), "chmod");
    for (Map.Entry<String, byte[]> attribute : attributes.entrySet()) {
      if (!Attributes.isWanted(attribute.getKey(), attribute.getValue())) {
        drop(attribute.getKey());
        continue;
      }
      byte[] name = zero(attribute.getKey().getBytes(StandardCharsets.UTF_8));
      byte[] value = attribute.getValue();
      Posix.check(libc.fsetxattr(fd, name, value, value.length, 0), "setxattr");
    }
    Posix.check(libc.futimens(fd, metadata.times()), "utimens");
  }

  private void drop(String attribute) {
    if (dropped.size() < MOST_DROPPED) {
      dropped.add(DiagnosticPrinter.visible(attribute));
    }
  }

  /** The names of attributes that nothing was made of; no more of them than one cares to read. */
  String droppedAttributes() {
    return String.join(", ", dropped);
  }

  void symlink(List<byte[]> path, byte[] text, Metadata metadata) throws IOException {
    int parent = parent(path);
    byte[] name = last(path);
    if (libc.symlinkat(zero(text), parent, name) < 0) {
      if (Posix.lastError() != Errno.EEXIST) {
        Posix.check(-1, "symlink");
      }
      replace(parent, name);
      parent = parent(path);
      Posix.check(libc.symlinkat(zero(text), parent, name), "symlink");
    }
    finishByName(parent, name, metadata);
  }

  void node(List<byte[]> path, int type, Metadata metadata) throws IOException {
    int parent = parent(path);
    byte[] name = last(path);
    if (libc.mknodat(parent, name, type | metadata.mode(), 0) < 0) {
      if (Posix.lastError() != Errno.EEXIST) {
        Posix.check(-1, "mknod");
      }
      replace(parent, name);
      parent = parent(path);
      Posix.check(libc.mknodat(parent, name, type | metadata.mode(), 0), "mknod");
    }
    finishByName(parent, name, metadata);
    Posix.check(libc.fchmodat(parent, name, metadata.mode(), 0), "chmod");
  }

  private void finishByName(int parent, byte[] name, Metadata metadata) throws IOException {
    if (metadata.uid() != 0 || metadata.gid() != 0) {
      int result =
          libc.fchownat(parent, name, metadata.uid(), metadata.gid(), Posix.AT_SYMLINK_NOFOLLOW);
      Posix.check(result, "chown");
    }
    int result = libc.utimensat(parent, name, metadata.times(), Posix.AT_SYMLINK_NOFOLLOW);
    Posix.check(result, "utimens");
  }

  /** A second name for a file that has come already; a symbolic link is linked itself. */
  void hardLink(List<byte[]> path, List<byte[]> target) throws IOException {
    if (Arrays.equals(join(path, path.size()), join(target, target.size()))) {
      throw new ArchiveException("a hard link to itself: " + print(path));
    }
    byte[] holder = join(target, target.size() - 1);
    int from = holder.length == 0 ? root : find(holder, OPEN_DIRECTORY);
    if (from < 0) {
      throw new ArchiveException("a hard link to " + print(target) + ", which is not there");
    }
    try {
      int parent = parent(path);
      byte[] name = last(path);
      int linked = libc.linkat(from, last(target), parent, name, 0);
      if (linked < 0 && Posix.lastError() == Errno.EEXIST) {
        replace(parent, name);
        linked = libc.linkat(from, last(target), parent(path), name, 0);
      }
      if (linked < 0) {
        int error = Posix.lastError();
        if (error == Errno.ENOENT || error == Errno.EPERM) {
          throw new ArchiveException(
              "a hard link to "
                  + print(target)
                  + (error == Errno.ENOENT ? ", which is not there" : ", which is a directory"));
        }
        Posix.check(linked, "link");
      }
    } finally {
      if (from != root) {
        libc.close(from);
      }
    }
  }

  /** What was there makes way, unless it is a directory with something in it. */
  private void replace(int parent, byte[] name) throws IOException {
    if (libc.unlinkat(parent, name, 0) == 0) {
      forgetParent();
      return;
    }
    int error = Posix.lastError();
    if (error == Errno.EISDIR || error == Errno.EPERM) {
      Posix.check(
          libc.unlinkat(parent, name, Posix.AT_REMOVEDIR),
          "a directory that is not empty would be replaced");
      forgetParent();
      return;
    }
    Posix.check(-1, "unlink");
  }

  /** The directory of an entry; missing ones are made, since archives may leave them out. */
  private int parent(List<byte[]> path) throws IOException {
    byte[] wanted = join(path, path.size() - 1);
    if (wanted.length == 0) {
      return root;
    }
    if (parentFd >= 0 && Arrays.equals(wanted, parentPath)) {
      return parentFd;
    }
    int fd = find(wanted, OPEN_DIRECTORY);
    if (fd < 0 && Posix.lastError() == Errno.ENOENT) {
      for (int depth = 1; depth < path.size(); depth++) {
        makeMissing(path.subList(0, depth));
      }
      fd = find(wanted, OPEN_DIRECTORY);
    }
    Posix.check(fd, "open " + print(path.subList(0, path.size() - 1)));
    forgetParent();
    parentFd = fd;
    parentPath = wanted;
    return fd;
  }

  private void makeMissing(List<byte[]> path) throws IOException {
    byte[] holder = join(path, path.size() - 1);
    int fd = holder.length == 0 ? root : find(holder, OPEN_DIRECTORY);
    Posix.check(fd, "open");
    try {
      if (libc.mkdirat(fd, last(path), 0755) < 0 && Posix.lastError() != Errno.EEXIST) {
        Posix.check(-1, "mkdir");
      }
    } finally {
      if (fd != root) {
        libc.close(fd);
      }
    }
  }

  private void forgetParent() {
    if (parentFd >= 0) {
      libc.close(parentFd);
      parentFd = -1;
    }
  }

  /** Modes and times of directories, the deepest first: making things in them has changed them. */
  void finishDirectories() throws IOException {
    List<Pending> all = new ArrayList<>(directories.values());
    for (int i = all.size() - 1; i >= 0; i--) {
      finish(all.get(i));
    }
    finishRoot();
  }

  private void finish(Pending pending) throws IOException {
    int fd = find(pending.path(), Posix.O_RDONLY | Posix.O_DIRECTORY | Posix.O_NOFOLLOW);
    if (fd < 0) {
      return; // Something else took its place later in the archive.
    }
    try {
      finish(fd, pending.metadata(), pending.attributes());
    } finally {
      libc.close(fd);
    }
  }

  private void finishRoot() throws IOException {
    Metadata metadata = rootMetadata;
    if (metadata != null) {
      int mode = metadata.mode() | 0700;
      finish(
          root,
          new Metadata(mode, metadata.uid(), metadata.gid(), metadata.seconds(), metadata.nanos()),
          Map.of());
    } else {
      Posix.check(libc.fchmod(root, 0755), "chmod");
    }
    Posix.check(libc.syncfs(root), "syncfs");
  }

  private static byte[] last(List<byte[]> path) {
    return zero(path.get(path.size() - 1));
  }

  private static byte[] join(List<byte[]> path, int count) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < count; i++) {
      if (i > 0) {
        out.write('/');
      }
      out.writeBytes(path.get(i));
    }
    return out.toByteArray();
  }

  private static byte[] zero(byte[] name) {
    return Posix.zeroTerminated(name);
  }

  private static String print(List<byte[]> path) {
    return TarUnpacker.printable(join(path, path.size()));
  }

  @Override
  public void close() {
    forgetParent();
    libc.close(root);
  }
}
