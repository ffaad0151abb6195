package jstack.rootfs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Which file it is, whatever its name; see st_dev and st_ino in inode(7). */
record FileIdentity(long device, long inode) {
  /**
   * @param fd be it O_PATH, or of a link
   */
  static FileIdentity of(int fd) throws IOException {
    return of(Files.readAttributes(Path.of("/proc/self/fd/" + fd), "unix:dev,ino"));
  }

  static FileIdentity of(Map<String, Object> attributes) {
    return new FileIdentity(
        (long) attributes.getOrDefault("dev", 0L), (long) attributes.getOrDefault("ino", 0L));
  }
}
