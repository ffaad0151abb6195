package jstack.program;

import jstack.manifest.HostPath;
import org.jspecify.annotations.Nullable;

/** The facts about the host that a compiler cannot know; a parameter, so that it stays pure. */
public interface HostView {
  /** The same place without links, which is what is opened: a link may lead elsewhere by then. */
  HostPath real(HostPath path);

  /** Whether a bind's source, or a cgroup, is a directory. */
  boolean isDirectory(HostPath path);

  /** The text of a kernel's file without its last newline; null when there is none. */
  @Nullable String read(HostPath file);

  /** A filter of calls that was compiled before, in base64; null when none is kept by that name. */
  default @Nullable String filter(String name) {
    return null;
  }

  /** Offers a filter to be kept for the next time; whoever cannot keep it does nothing. */
  default void keepFilter(String name, String filter) {}
}
