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
}
