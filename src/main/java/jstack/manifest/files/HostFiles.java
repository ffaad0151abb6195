package jstack.manifest.files;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import jstack.linux.MountInfo;
import jstack.linux.Namespace;
import jstack.manifest.BlockDevice;
import jstack.manifest.HostPath;

/** What binding has to know of this machine's files; a parameter, so that it stays a function. */
public interface HostFiles {
  /** What stands at a path, symbolic links followed. */
  enum Kind {
    ABSENT,
    FILE,
    DIRECTORY,
    OTHER,
    /** A symbolic link that leads to itself. */
    LOOP,
    /** Nobody looked, or nobody can tell. */
    UNKNOWN
  }

  Kind kind(HostPath path);

  /** What to say of a path where nothing can be found; empty for every other kind. */
  static String absence(Kind kind, HostPath path) {
    return switch (kind) {
      case ABSENT -> "there is no " + path;
      case LOOP -> path + " is a symbolic link that leads to itself";
      default -> "";
    };
  }

  /**
   * The kind of namespace that a file stands for, such as {@code net}; "?" when it is one and
   * nobody can tell which, empty when it is none.
   */
  String namespaceAt(HostPath path);

  /** How long the machine has been up, which its clocks of monotonic and boottime count. */
  Duration uptime();

  /** The same place without links; what is not there yet lies below the nearest that is. */
  HostPath real(HostPath path);

  /** Whether something stands there, at least so far as one may look. */
  boolean isThere(HostPath path);

  /** Whether a file stands for the namespace that jstack itself is in. */
  boolean isOwn(HostPath path, Namespace kind);

  /** What is mounted on this machine. */
  List<MountInfo> mounts();

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
  String text(ReadableFile file, String name) throws IOException;
}
