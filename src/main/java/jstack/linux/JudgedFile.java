package jstack.linux;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Set;

/**
 * A regular file that is read where it was judged. Its path was free of links then; now each part
 * is opened below the descriptor of the one before, and a link that somebody has laid into the way
 * since is not followed; see openat(2), O_NOFOLLOW.
 */
public final class JudgedFile implements AutoCloseable {
  private final SeekableByteChannel channel;
  private final Object inode;

  private JudgedFile(SeekableByteChannel channel, Object inode) {
    this.channel = channel;
    this.inode = inode;
  }

  /**
   * Opens it.
   *
   * @param real an absolute path, all links resolved
   * @throws FileSystemException when something in the way, or it itself, is a link by now
   */
  @SuppressWarnings("StreamResourceLeak") // each folder is closed when the next one is open
  public static JudgedFile open(Path real) throws IOException {
    DirectoryStream<Path> folder = Files.newDirectoryStream(Objects.requireNonNull(real.getRoot()));
    try {
      for (Path part : Objects.requireNonNull(real.getParent(), "a file, not /")) {
        DirectoryStream<Path> below =
            secure(folder).newDirectoryStream(part, LinkOption.NOFOLLOW_LINKS);
        folder.close();
        folder = below;
      }
      return open(real, Objects.requireNonNull(real.getFileName()), secure(folder));
    } catch (FileSystemException e) {
      if (String.valueOf(e.getReason()).contains("symbolic links")) {
        throw linked(real);
      }
      throw e;
    } finally {
      folder.close();
    }
  }

  private static JudgedFile open(Path real, Path name, SecureDirectoryStream<Path> folder)
      throws IOException {
    BasicFileAttributes is =
        folder
            .getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
            .readAttributes();
    if (is.isSymbolicLink()) {
      throw linked(real);
    }
    if (!is.isRegularFile()) {
      throw new FileSystemException(real.toString(), null, "is not a regular file");
    }
    SeekableByteChannel channel =
        folder.newByteChannel(name, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
    return new JudgedFile(channel, is.fileKey());
  }

  /** Every Linux file system of the JDK gives such ones. */
  private static SecureDirectoryStream<Path> secure(DirectoryStream<Path> folder) {
    return (SecureDirectoryStream<Path>) folder;
  }

  private static FileSystemException linked(Path real) {
    return new FileSystemException(
        real.toString(), null, "a part of it has become a symbolic link since it was checked");
  }

  /** Its bytes from the beginning; closing them closes the file. */
  public InputStream stream() {
    return Channels.newInputStream(channel);
  }

  /** In bytes. */
  public long size() throws IOException {
    return channel.size();
  }

  /** Which one it is, as {@link BasicFileAttributes#fileKey} has it. */
  public Object inode() {
    return inode;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
