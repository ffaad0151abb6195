package jstack.manifest;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the supervisor does with its container besides watching it.
 *
 * @param healthcheck null is none
 * @param timeout of one run; null is none
 * @param preStart inside, before the command
 * @param postStart when the command was started
 * @param preStop before the signal, within the grace
 */
public record Lifecycle(
    RestartPolicy restart,
    @Nullable Healthcheck healthcheck,
    @Nullable Duration timeout,
    List<Hook> preStart,
    List<Hook> postStart,
    List<Hook> preStop) {
  public static final Lifecycle NONE =
      new Lifecycle(RestartPolicy.NO, null, null, List.of(), List.of(), List.of());

  /** What runs to completion and is never seen again has an end. */
  public static final Lifecycle OF_A_JOB =
      new Lifecycle(RestartPolicy.NO, null, Duration.ofHours(1), List.of(), List.of(), List.of());

  /**
   * Of one call with a command of its own: nobody starts it again, and no check is meant for it.
   */
  public Lifecycle ofOneCall() {
    return new Lifecycle(RestartPolicy.NO, null, timeout, preStart, postStart, preStop);
  }

  public Lifecycle {
    preStart = List.copyOf(preStart);
    postStart = List.copyOf(postStart);
    preStop = List.copyOf(preStop);
  }
}
