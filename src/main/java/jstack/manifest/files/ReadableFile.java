package jstack.manifest.files;

import java.io.IOException;
import java.nio.file.Path;

/** A file that may be read, and how. */
public record ReadableFile(Path path, Trust trust) {
  /** Who said that it may. */
  public enum Trust {
    /** The user, for whom a pipe is as good as a file. */
    USER,
    /** A manifest: only a file has an end. */
    MANIFEST,
    /** A policy, by this very path, which had no links then: none that is there by now counts. */
    POLICY
  }

  public static ReadableFile ofUser(Path path) {
    return new ReadableFile(path, Trust.USER);
  }

  public static ReadableFile ofManifest(Path path) {
    return new ReadableFile(path, Trust.MANIFEST);
  }

  /** Where a file really is, so that it is known again under another name. */
  public static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      return path.toAbsolutePath().normalize();
    }
  }
}
