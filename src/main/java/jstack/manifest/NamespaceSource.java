package jstack.manifest;

/** Where a container has a namespace of one kind from. */
public sealed interface NamespaceSource {
  /** One of its own, made with the container. */
  record Own() implements NamespaceSource {}

  /** That of the machine: no wall of this kind. */
  record Host() implements NamespaceSource {}

  /** That of another service's container, as {@code service:NAME} says. */
  record OfService(String service) implements NamespaceSource {
    /** What is written before the name. */
    public static final String PREFIX = "service:";
  }

  /** One of the stack's own, which outlives the container. */
  record Named(String name) implements NamespaceSource {}

  /** One that a file stands for, such as /proc/PID/ns/net; see setns(2). */
  record AtPath(HostPath path) implements NamespaceSource {}

  NamespaceSource OWN = new Own();
  NamespaceSource HOST = new Host();
}
