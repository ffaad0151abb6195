package jstack.manifest;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * When and how often a service runs.
 *
 * @param isJob whether it runs to completion, when it is named or depended on
 * @param scale how many containers it has
 * @param profiles it is part of the stack while one of them is on; always when there are none
 * @param timeout how long a run of a job may take; null without a limit
 */
public record Role(boolean isJob, int scale, List<String> profiles, @Nullable Duration timeout) {
  /** One container that is always part of the stack, and runs for good. */
  public static final Role SERVICE = new Role(false, 1, List.of(), null);

  public Role {
    profiles = List.copyOf(profiles);
  }

  Role withScale(int number) {
    return new Role(isJob, number, profiles, timeout);
  }
}
