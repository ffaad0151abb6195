package jstack.manifest.files;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import jstack.diag.Inputs;
import jstack.diag.SourceTexts;
import jstack.linux.KernelMounts;
import jstack.linux.MountInfo;
import jstack.linux.Namespace;
import jstack.manifest.BlockDevice;
import jstack.manifest.HostPath;

/** The files of this machine. */
public record DiskFiles(SourceTexts texts) implements HostFiles {
  /** S_IFMT and S_IFBLK of inode(7). */
  private static final int FILE_TYPE = 0170000;

  private static final int BLOCK = 0060000;

  private static final String MOUNTS = "/proc/self/mountinfo";

  @Override
  public Kind kind(HostPath path) {
    Kind kind = kindOf(path);
    texts.inputs().note(Inputs.Kind.KIND, path.value(), kind.name());
    return kind;
  }

  /** The same of nobody's manifest. */
  public static Kind kindOf(HostPath path) {
    try {
      BasicFileAttributes attributes =
          Files.readAttributes(path.toPath(), BasicFileAttributes.class);
      return attributes.isRegularFile()
          ? Kind.FILE
          : attributes.isDirectory() ? Kind.DIRECTORY : Kind.OTHER;
    } catch (NoSuchFileException e) {
      return Kind.ABSENT;
    } catch (InvalidPathException e) {
      return Kind.UNKNOWN; // a JVM in the C locale cannot name this file, the kernel will judge
    } catch (IOException e) {
      if (String.valueOf(e.getMessage()).contains("Too many levels of symbolic links")) {
        return Kind.LOOP;
      }
      return isNotADirectory(e) ? Kind.ABSENT : Kind.UNKNOWN;
    }
  }

  /**
   * All namespaces of the kernel are files of one file system; a link below /proc says the kind.
   */
  @Override
  public String namespaceAt(HostPath path) {
    texts.inputs().cannotAskAgain();
    Path file = path.toPath();
    try {
      Object nsfs = Files.getAttribute(Path.of("/proc/self/ns/mnt"), "unix:dev");
      if (!nsfs.equals(Files.getAttribute(file, "unix:dev"))) {
        return "";
      }
      String name = Files.isSymbolicLink(file) ? Files.readSymbolicLink(file).toString() : "";
      return name.endsWith("]") && name.contains(":[") ? name.substring(0, name.indexOf(':')) : "?";
    } catch (IOException | InvalidPathException e) {
      return "?"; // the kernel will judge
    }
  }

  @Override
  public HostPath real(HostPath path) {
    HostPath real = path.real();
    texts.inputs().note(Inputs.Kind.REAL, path.value(), real.value());
    return real;
  }

  @Override
  public boolean isThere(HostPath path) {
    boolean there = new File(path.value()).exists();
    texts.inputs().note(Inputs.Kind.THERE, path.value(), there);
    return there;
  }

  @Override
  public boolean isOwn(HostPath path, Namespace kind) {
    texts.inputs().cannotAskAgain();
    Path own = Path.of("/proc/self/ns/" + kind.procName());
    try {
      return Files.isSameFile(path.toPath(), own);
    } catch (IOException | InvalidPathException e) {
      return false; // nobody can join what nobody can open
    }
  }

  @Override
  public List<MountInfo> mounts() {
    try {
      String text = Files.readString(Path.of(MOUNTS), StandardCharsets.ISO_8859_1);
      texts.inputs().note(Inputs.Kind.MOUNTS, MOUNTS, Inputs.digest(KernelMounts.of(text)));
      return MountInfo.parseAll(text);
    } catch (IOException e) {
      return List.of(); // without a /proc nothing runs here anyway
    }
  }

  private static boolean isNotADirectory(IOException e) {
    String message = e.getMessage();
    return message != null
        && (message.endsWith("Not a directory") || message.endsWith("File name too long"));
  }

  /** The attribute unix:rdev is the JDK's own, and all that is needed of stat(2). */
  @Override
  public Duration uptime() {
    texts.inputs().cannotAskAgain();
    try {
      String text = Files.readString(Path.of("/proc/uptime"));
      return Duration.ofSeconds(Long.parseLong(text.substring(0, text.indexOf('.'))));
    } catch (IOException | NumberFormatException | IndexOutOfBoundsException e) {
      return Duration.ofSeconds(Long.MAX_VALUE); // the kernel will judge
    }
  }

  @Override
  public BlockDevice blockDevice(HostPath path) throws IOException {
    texts.inputs().cannotAskAgain();
    long device;
    try {
      int mode = (Integer) Files.getAttribute(path.toPath(), "unix:mode");
      if ((mode & FILE_TYPE) != BLOCK) {
        throw new IOException(path + " is no block device");
      }
      device = (Long) Files.getAttribute(path.toPath(), "unix:rdev");
    } catch (NoSuchFileException | InvalidPathException e) {
      throw new IOException(path + " is not there", e);
    }
    // As glibc's gnu_dev_major and gnu_dev_minor take it apart.
    int major = (int) (((device >> 8) & 0xfff) | ((device >> 32) & ~0xfff));
    int minor = (int) ((device & 0xff) | ((device >> 12) & ~0xff));
    if (Files.exists(Path.of("/sys/dev/block/" + major + ":" + minor + "/partition"))) {
      throw new IOException(path + " is a partition; the kernel limits whole disks");
    }
    return new BlockDevice(path, major, minor);
  }

  @Override
  public String text(ReadableFile file, String name) throws IOException {
    if (!Files.isReadable(file.path())) {
      texts.inputs().text(file.path().toString(), new byte[0]);
      throw new IOException(name);
    }
    return SourceReader.read(file, name, texts);
  }
}
