package jstack.manifest;

import java.util.List;

/**
 * When and how often a service runs.
 *
 * @param isJob whether it runs to completion, when it is named or depended on
 * @param scale how many containers it has
 * @param profiles it is part of the stack while one of them is on; always when there are none
 */
public record Role(boolean isJob, int scale, List<String> profiles) {
  /** One container that is always part of the stack, and runs for good. */
  public static final Role SERVICE = new Role(false, 1, List.of());

  public Role {
    profiles = List.copyOf(profiles);
  }

  public Role withScale(int number) {
    return new Role(isJob, number, profiles);
  }
}
