package jstack.manifest;

import java.nio.file.Path;

/**
 * A file that may be read.
 *
 * @param judged whether that was found out by this very path, which had no links then: nobody
 *     follows one that is there by now
 */
record ReadableFile(Path path, boolean judged) {
  /** One that the user names, or that nobody has to judge. */
  static ReadableFile named(Path path) {
    return new ReadableFile(path, false);
  }
}
