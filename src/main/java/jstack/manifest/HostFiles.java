package jstack.manifest;

import java.io.IOException;

/** What binding has to know of this machine's files; a parameter, so that it stays a function. */
interface HostFiles {
  /** What stands at a path, symbolic links followed. */
  enum Kind {
    ABSENT,
    FILE,
    DIRECTORY,
    OTHER,
    /** Nobody looked, or nobody can tell. */
    UNKNOWN
  }

  Kind kind(HostPath path);

  /**
   * The disk that a path names.
   *
   * @throws IOException with what is wrong with it, for the user
   */
  BlockDevice blockDevice(HostPath path) throws IOException;

  /**
   * The text of an env_file, checked as a manifest's is.
   *
   * @param name what origins call it
   * @throws IOException when there is none, which is no mistake for an optional one
   */
  String text(HostPath path, String name) throws IOException;
}
