package jstack.manifest;

import java.util.List;
import jstack.diag.Diagnostic;
import org.jspecify.annotations.Nullable;

/**
 * Which seccomp profiles have been read before, and were none that is refused. The same bytes need
 * not be read again: a profile is longer than most manifests.
 */
public interface ProfileMemory {
  /** Remembers nothing. */
  ProfileMemory NONE =
      new ProfileMemory() {
        @Override
        public @Nullable Known find(String digest) {
          return null;
        }

        @Override
        public void keep(String digest, Known profile) {
          // and learns nothing
        }
      };

  /**
   * What was learnt.
   *
   * @param flags SECCOMP_FILTER_FLAG_* of seccomp(2)
   * @param warnings what is said of it each time; whatever the file was called then
   */
  record Known(long flags, List<Diagnostic> warnings) {
    public Known {
      warnings = List.copyOf(warnings);
    }
  }

  /**
   * A profile that may be used.
   *
   * @param digest SHA-256 of its text
   * @return null for one that nobody has read
   */
  @Nullable Known find(String digest);

  /** It was read, and can be used. */
  void keep(String digest, Known profile);
}
