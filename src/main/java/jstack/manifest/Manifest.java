package jstack.manifest;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A whole manifest, checked and with every default filled in; the names of the services keep the
 * file's order.
 *
 * @param name the project's name: the key, or the folder's name
 * @param file the manifest as the user named it
 * @param networks those that a service is attached to; {@code default} without being written
 * @param namespaces those that services join by name
 * @param stack limits of all services together
 * @param storage what services mount by name
 */
public record Manifest(
    String name,
    String file,
    HostPath directory,
    Map<String, Service> services,
    Map<String, NetworkSpec> networks,
    Map<String, NamedNamespace> namespaces,
    StackLimits stack,
    Storage storage) {
  /** Of services and of jobs: a typing error must not become a million containers. */
  public static final int MAX_SERVICES = 1000;

  public Manifest {
    networks = Collections.unmodifiableMap(new LinkedHashMap<>(networks));
    namespaces = Collections.unmodifiableMap(new LinkedHashMap<>(namespaces));
    services = Collections.unmodifiableMap(new LinkedHashMap<>(services));
  }

  public Manifest withServices(Map<String, Service> others) {
    return new Manifest(name, file, directory, others, networks, namespaces, stack, storage);
  }

  /** A stack that keeps nothing. */
  public Manifest(
      String name,
      String file,
      HostPath directory,
      Map<String, Service> services,
      Map<String, NetworkSpec> networks,
      Map<String, NamedNamespace> namespaces,
      StackLimits stack) {
    this(name, file, directory, services, networks, namespaces, stack, Storage.NONE);
  }

  /** A stack without limits of its own. */
  public Manifest(
      String name,
      String file,
      HostPath directory,
      Map<String, Service> services,
      Map<String, NetworkSpec> networks,
      Map<String, NamedNamespace> namespaces) {
    this(name, file, directory, services, networks, namespaces, StackLimits.NONE);
  }
}
