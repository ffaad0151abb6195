package jstack.manifest;

import java.time.Duration;

/** How far the clocks of a time namespace are ahead; negative is behind. See time_namespaces(7). */
public record TimeOffsets(Duration monotonic, Duration boottime) {}
