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
 */
public record Manifest(
    String name, String file, HostPath directory, Map<String, Service> services) {
  public Manifest {
    services = Collections.unmodifiableMap(new LinkedHashMap<>(services));
  }
}
