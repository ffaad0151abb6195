package jstack.manifest;

import jstack.diag.Origin;
import jstack.linux.Namespace;
import org.jspecify.annotations.Nullable;

/**
 * A namespace of the stack's own, which services join by name and which outlives them.
 *
 * <pre>
 * namespaces:
 *   shared: ipc
 *   later: {type: time, boottime: 1h}
 * </pre>
 */
public record NamedNamespace(
    String name,
    Namespace type,
    @Nullable IdMap idMap,
    @Nullable TimeOffsets timeOffsets,
    Origin origin) {}
