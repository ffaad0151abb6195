package jstack.manifest;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The disks.
 *
 * <pre>
 * io:
 *   weight: 200
 *   max:
 *     - {device: /dev/vda, rbps: 10m, wiops: 500}
 * </pre>
 */
public record IoLimits(@Nullable Integer weight, List<IoMax> max) {
  public static final IoLimits NONE = new IoLimits(null, List.of());

  public IoLimits {
    max = List.copyOf(max);
  }
}
