package jstack.rootfs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import jstack.manifest.RootfsSpec;

/** Under which names the store remembers what a url or a file had. */
final class StoreKeys {
  private StoreKeys() {}

  static String of(RootfsSpec.Url url) {
    return hash("url\n" + url.url());
  }

  /** A file that was changed in place is another file; see inode(7) for ctime. */
  static String of(RootfsSpec.Local local) {
    try {
      return of(local.real().toPath());
    } catch (IOException e) {
      throw RootfsStore.failed(
          local,
          "rootfs-missing",
          "cannot read " + local.path() + ": " + StoreFolders.reason(e),
          "correct the path; it is relative to the manifest");
    }
  }

  static String of(Path file, LinkOption... links) throws IOException {
    Map<String, Object> is =
        Files.readAttributes(file, "unix:dev,ino,size,lastModifiedTime,ctime", links);
    StringBuilder key = new StringBuilder("file");
    for (String name : List.of("dev", "ino", "size")) {
      key.append('-').append(is.get(name));
    }
    for (String name : List.of("lastModifiedTime", "ctime")) {
      FileTime time = (FileTime) Objects.requireNonNull(is.get(name));
      key.append('-').append(time.to(TimeUnit.NANOSECONDS));
    }
    return key.toString();
  }

  /** Which file it is by now. */
  static Object inode(RootfsSpec.Local local) throws IOException {
    return Objects.requireNonNull(
        Files.readAttributes(local.real().toPath(), BasicFileAttributes.class).fileKey());
  }

  private static String hash(String text) {
    return HexFormat.of().formatHex(sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
