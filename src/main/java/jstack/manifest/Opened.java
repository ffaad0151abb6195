package jstack.manifest;

import jstack.diag.Origin;

/** A wall that a service takes away, and the line that does it. */
public record Opened(Opening opening, Origin origin) {}
