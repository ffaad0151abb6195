package jstack.program;

import java.util.Map;
import jstack.manifest.ContainerPath;
import jstack.manifest.HostPath;
import jstack.manifest.IdMap;
import org.jspecify.annotations.Nullable;

/**
 * What a container finds around it: made before it, and by others.
 *
 * @param ids which ids of the machine its user namespace has; null when it has none of its own
 * @param network the file of its named network namespace; null when it has none
 * @param hosts the file that becomes its /etc/hosts; null leaves that of the rootfs
 * @param resolvConf likewise for /etc/resolv.conf
 * @param services run directories of the containers whose namespaces it shares, by service
 * @param named where the stack's named namespaces are: a file for a network, else the run directory
 *     of the container that holds it
 * @param volumes the folders of the volumes that it mounts, by the manifest's names
 * @param files where secrets and configs are kept for it, by their targets; a name says what is in
 *     it, so that other content is another program
 * @param watched hashes of what is followed of its mounts, by their targets
 */
public record Surroundings(
    @Nullable IdMap ids,
    @Nullable HostPath network,
    @Nullable HostPath hosts,
    @Nullable HostPath resolvConf,
    Map<String, HostPath> services,
    Map<String, HostPath> named,
    Map<String, HostPath> volumes,
    Map<String, HostPath> files,
    Map<String, String> watched) {
  /** Nobody and nothing. */
  public static final Surroundings NONE =
      new Surroundings(null, null, null, null, Map.of(), Map.of(), Map.of(), Map.of(), Map.of());

  public Surroundings {
    services = Map.copyOf(services);
    named = Map.copyOf(named);
    volumes = Map.copyOf(volumes);
    files = Map.copyOf(files);
    watched = Map.copyOf(watched);
  }

  HostPath file(ContainerPath target) {
    return found(files, target.value());
  }

  HostPath volume(String name) {
    return found(volumes, name);
  }

  HostPath service(String name) {
    return found(services, name);
  }

  HostPath named(String name) {
    return found(named, name);
  }

  private static HostPath found(Map<String, HostPath> places, String name) {
    HostPath place = places.get(name);
    if (place == null) {
      throw new IllegalStateException("no place is known of " + name);
    }
    return place;
  }
}
