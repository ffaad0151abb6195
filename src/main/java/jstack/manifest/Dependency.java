package jstack.manifest;

import jstack.diag.Origin;

/** A service that has to be started first. */
public record Dependency(String service, Origin origin) {}
