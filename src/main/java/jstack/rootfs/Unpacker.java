package jstack.rootfs;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Where archives become trees: this process in tests, one that can touch nothing else otherwise.
 */
public interface Unpacker {
  /**
   * Unpacks an archive.
   *
   * @param tree an empty directory
   * @throws ArchiveException when the archive is refused
   * @throws IOException when this machine is to blame
   */
  UnpackReport unpack(Path archive, Path tree, UnpackPolicy policy, FetchListener listener)
      throws IOException;
}
