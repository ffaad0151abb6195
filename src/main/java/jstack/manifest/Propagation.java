package jstack.manifest;

/** Mount propagation of a bind; see mount_namespaces(7). The r forms cover submounts too. */
public enum Propagation {
  PRIVATE,
  RPRIVATE,
  SLAVE,
  RSLAVE,
  SHARED,
  RSHARED
}
