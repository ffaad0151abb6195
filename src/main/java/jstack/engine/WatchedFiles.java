package jstack.engine;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;

/**
 * The files of a folder, or one file, as {@code watch: content} sees them. Nothing is opened but
 * folders, and no link is followed.
 */
public final class WatchedFiles {
  static final int MOST = 10_000;

  /** S_IFMT and the types of inode(7). */
  private static final int TYPE = 0170000;

  private static final int FOLDER = 0040000;
  private static final int FILE = 0100000;
  private static final int LINK = 0120000;

  private WatchedFiles() {}

  enum Kind {
    FOLDER,
    FILE,
    LINK,
    /** A pipe, a socket or a device: it is there, and has no content. */
    OTHER
  }

  /**
   * One of them.
   *
   * @param name below the source; empty is the source itself
   * @param state of its inode: another state may be other content, the same one is the same
   * @param changed when the inode was, in milliseconds since the epoch
   */
  record Entry(String name, Kind kind, String state, long changed) {}

  /** More than anybody watches by hand. */
  static final class TooMuch extends IOException {
    private static final long serialVersionUID = 1L;

    TooMuch(String message) {
      super(message);
    }
  }

  static TooMuch tooManyBytes() {
    return new TooMuch("more than " + (WatchedContent.MOST_BYTES >> 20) + " MiB");
  }

  /** All of them, folders before what is in them; what is not there yet is an empty folder. */
  static List<Entry> of(Path source) throws IOException {
    List<Entry> entries = new ArrayList<>();
    long[] bytes = {0};
    try {
      add(source, "", entries, bytes);
    } catch (NoSuchFileException e) {
      if (entries.isEmpty()) {
        return List.of(new Entry("", Kind.FOLDER, "", 0));
      }
      throw e;
    }
    return entries;
  }

  /** The same as paths, for who waits for changes; only the source when they cannot be listed. */
  public static List<Path> paths(Path source) {
    List<Path> paths = new ArrayList<>();
    try {
      for (Entry entry : of(source)) {
        paths.add(entry.name().isEmpty() ? source : source.resolve(entry.name()));
      }
    } catch (IOException e) {
      return List.of(source); // up says what is wrong with it
    }
    return paths;
  }

  private static void add(Path path, String name, List<Entry> entries, long[] bytes)
      throws IOException {
    Map<String, Object> is =
        Files.readAttributes(
            path, "unix:mode,dev,ino,size,lastModifiedTime,ctime", LinkOption.NOFOLLOW_LINKS);
    Kind kind =
        switch ((Integer) value(is, "mode") & TYPE) {
          case FOLDER -> Kind.FOLDER;
          case FILE -> Kind.FILE;
          case LINK -> Kind.LINK;
          default -> Kind.OTHER;
        };
    FileTime changed = (FileTime) value(is, "ctime");
    String state =
        kind
            + " "
            + is.get("dev")
            + " "
            + is.get("ino")
            + " "
            + is.get("size")
            + " "
            + is.get("lastModifiedTime")
            + " "
            + changed;
    entries.add(new Entry(name, kind, state, changed.toMillis()));
    if (entries.size() > MOST) {
      throw new TooMuch("more than " + MOST + " files");
    }
    if (kind == Kind.FILE) {
      bytes[0] += (Long) value(is, "size");
      if (bytes[0] > WatchedContent.MOST_BYTES) {
        throw tooManyBytes();
      }
    } else if (kind == Kind.FOLDER) {
      for (String child : names(path)) {
        add(path.resolve(child), name.isEmpty() ? child : name + "/" + child, entries, bytes);
      }
    }
  }

  private static Object value(Map<String, Object> attributes, String name) {
    return Objects.requireNonNull(attributes.get(name), name);
  }

  private static Iterable<String> names(Path folder) throws IOException {
    TreeSet<String> names = new TreeSet<>();
    try (DirectoryStream<Path> children = Files.newDirectoryStream(folder)) {
      for (Path child : children) {
        names.add(String.valueOf(child.getFileName()));
        if (names.size() > MOST) {
          throw new TooMuch("more than " + MOST + " files");
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return names;
  }

  /** When the last of them changed, in milliseconds since the epoch. */
  static long newest(List<Entry> entries) {
    return entries.stream().mapToLong(Entry::changed).max().orElse(0);
  }
}
