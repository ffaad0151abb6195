package jstack.manifest;

import org.jspecify.annotations.Nullable;

/** Most that may be read from and written to one disk in a second; null is no limit. */
public record IoMax(
    BlockDevice device,
    @Nullable ByteSize rbps,
    @Nullable ByteSize wbps,
    @Nullable Long riops,
    @Nullable Long wiops) {}
