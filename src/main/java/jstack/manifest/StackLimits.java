package jstack.manifest;

/**
 * The cgroup of a whole stack, whose children are the services' cgroups.
 *
 * <pre>
 * cgroup: {memory: 1g, pids: 500}
 * services: ...
 * </pre>
 */
public record StackLimits(Resources limits, Origins origins) {
  public static final StackLimits NONE =
      new StackLimits(Resources.NONE, new Origins("", java.util.Map.of()));
}
